package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"clubos/internal/club"
)

// PostgreSQL's error codes that matter here (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const (
	pgUniqueViolation     = "23505"
	pgForeignKeyViolation = "23503"
	pgSerializationFailed = "40001"
	pgDeadlock            = "40P01"
	pgDiskFull            = "53100"
)

// Translate gives a database's error a code of package club. Read and Write translate what their
// function returns; inside the function, where a query's own error is looked at, Translate does.
func Translate(err error) error { return translate(err) }

// translate gives a database's error a code of package club, by the driver's code and never by its
// text. Errors that have a code already pass unchanged.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var own *club.Error
	var vendor *club.VendorError
	var netErr net.Error
	var connErr *pgconn.ConnectError
	switch {
	case errors.As(err, &own), errors.As(err, &vendor), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return &club.Error{Code: club.CodeNotFound, Msg: "there is no such thing here", Err: err}
	case IsUnique(err):
		return &club.Error{Code: club.CodeConflict, Msg: "it exists already", Err: err}
	case lostRace(err):
		return &club.Error{Code: club.CodeConflict, Msg: "somebody used or removed it at this moment; try again", Err: err}
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &connErr), errors.As(err, &netErr), isDown(err):
		return &club.Error{Code: club.CodeUnavailable, Msg: "the database cannot be reached", Err: err}
	}
	return err
}

// IsUnique reports whether err is a broken unique constraint.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == pgUniqueViolation
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// lostRace reports whether another transaction came first, so that the same may well succeed now: a row that
// is removed has been referred to since, for example, or one that is referred to was removed.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == pgSerializationFailed || pg.Code == pgDeadlock || pg.Code == pgForeignKeyViolation)
}

// isFull reports whether there is no room on the disk.
func isFull(err error) bool {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	return errors.As(err, &pg) && pg.Code == pgDiskFull || errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isDown reports whether the server is shutting down, starting, out of connections (class 57 and 53),
// or the connection broke (class 08); on SQLite, whether the file cannot be used.
func isDown(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && len(pg.Code) == 5 {
		class := pg.Code[:2]
		return class == "57" || class == "53" || class == "08"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			return true
		}
	}
	return false
}
