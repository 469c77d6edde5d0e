package booking

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"

	"github.com/google/go-cmp/cmp"
)

// zones is a club of two places: Northside in New York and Harbour in London.
func zones(t testing.TB) func(string) (*time.Location, bool) {
	t.Helper()
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return func(name string) (*time.Location, bool) {
		z, ok := map[string]*time.Location{"Northside": ny, "Harbour": london}[name]
		return z, ok
	}
}

func at(h, m int) time.Time { return time.Date(2026, 11, 26, h, m, 0, 0, time.UTC) }

func read(t testing.TB, text string, o ...DateOrder) (File, error) {
	t.Helper()
	opts := Options{Zone: zones(t)}
	if len(o) > 0 {
		opts.Dates = o[0]
	}
	return Read([]byte(text), opts)
}

func TestGoodLinesAreReadWhateverIsWrongWithOthers(t *testing.T) {
	t.Parallel()
	got, err := read(t, "\ufeffBooking ID,Venue,Bay,Start,End,Status,Phone,Extra\r\n"+
		"B1,Northside,3,2026-11-26T13:00:00-05:00,2026-11-26 14:00:00-05:00,,+15550199999,x\r\n"+
		"B2,Northside,3,tomorrow,2026-11-26T14:00:00Z\r\n"+
		",Northside,3,2026-11-26T13:00:00Z,2026-11-26T14:00:00Z\r\n"+
		"B3,Northside,3,2026-11-26T15:00:00Z,2026-11-26T14:00:00Z\r\n"+
		"B4,Mars,3,2026-11-26T13:00:00Z,2026-11-26T14:00:00Z\r\n"+
		"B1,Northside,4,2026-11-26T13:00:00Z,2026-11-26T14:00:00Z\r\n"+
		"B6,Northside,,2026-11-26T13:00:00Z,2026-11-26T14:00:00Z\r\n"+
		"B7,Northside,4,2026-11-26T13:00:00Z,2026-11-29T14:00:00Z\r\n"+
		"B8,Northside,4,2026-11-26T13:00:00Z,2026-11-26T14:00:00Z,perhaps\r\n"+
		",,,,,,,\r\n"+
		"B9,Northside,4,2026-11-26T13:00:00Z,2026-11-26T14:00:00Z,,,,one too many\r\n"+
		"B5,Northside,4,2026-11-26T13:00:00Z,2026-11-26T14:00:00Z,cancelled\r\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{2, club.BookingChange{Source: "csv", ExternalID: "B1", Location: "Northside", Bay: "3", Start: at(18, 0), End: at(19, 0), Phone: "+15550199999"}},
		{13, club.BookingChange{Source: "csv", ExternalID: "B5", Location: "Northside", Bay: "4", Start: at(13, 0), End: at(14, 0), Cancelled: true}},
	}
	if diff := cmp.Diff(want, got.Rows); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var where []string
	for _, f := range got.Faults {
		where = append(where, fmt.Sprintf("%d %s", f.Line, f.Column))
		if f.Problem == "" || f.Remedy == "" || strings.HasSuffix(f.Problem+f.Remedy, ".") {
			t.Errorf("%+v does not say what to do", f)
		}
	}
	if diff := cmp.Diff([]string{"3 start", "4 booking_id", "5 end", "6 location", "7 booking_id", "8 bay", "9 end", "10 status", "12 "}, where); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Extra"}, got.Ignored); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFileThatCannotBeUsedIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	const head = "booking_id,location,bay,start,end\n"
	for name, c := range map[string]struct{ text, says string }{
		"empty":            {"", "empty"},
		"only a mark":      {"\ufeff \n", "empty"},
		"no heading":       {"B1,Northside,3\n", "lacks booking_id"},
		"no end":           {"id,bay,start\nx,3,2026-11-26 18:00\n", "lacks end"},
		"twice":            {"id,bay,start,end,reference\n", "twice"},
		"a spreadsheet":    {"PK\x03\x04 and so on", "spreadsheet"},
		"UTF-16":           {"\xff\xfeb\x00o\x00", "UTF-8"},
		"Latin-1":          {head + "B1,Northside,3,2026-11-26 18:00,2026-11-26 19:00\nJos\xe9", "line 3"},
		"heading's quotes": {"booking_id,\"bay\n", "heading"},
		"too large":        {head + strings.Repeat("x", MaxBytes), "10 MB"},
		"too many":         {head + strings.Repeat("B,Northside,3,2026-11-26 18:00,2026-11-26 19:00\n", MaxRows+1), "20000"},
		"either order":     {head + "B1,Northside,3,3/4/2026 18:00,3/4/2026 19:00\n", "two ways (line 2)"},
		"both orders":      {head + "B1,Northside,3,13/4/2026 18:00,13/4/2026 19:00\nB2,Northside,3,4/13/2026 18:00,4/13/2026 19:00\n", "day first (line 2), others the month (line 3)"},
	} {
		got, err := read(t, c.text)
		code := club.CodeInvalid
		if strings.HasPrefix(name, "too") {
			code = club.CodeTooLarge
		}
		if club.CodeOf(err) != code || !strings.Contains(club.MessageOf(err), c.says) || got.Rows != nil {
			t.Errorf("%s: %v does not say %q", name, err, c.says)
		}
	}
}

func TestSeparatorsQuotesAndLineEndsOfSpreadsheets(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"semicolons":      "booking_id;location;bay;start;end\r\nB1;Northside;3;2026-11-26 13:00;2026-11-26 14:00\r\n",
		"tabs":            "booking_id\tlocation\tbay\tstart\tend\nB1\tNorthside\t3\t2026-11-26 13:00\t2026-11-26 14:00",
		"said separator":  "sep=;\nbooking_id;location;bay;start;end\nB1;Northside;3;2026-11-26 13:00;2026-11-26 14:00\n",
		"quoted newlines": "booking_id,location,bay,start,end,name\n\"B1\",\"Northside\",\"3\",\"2026-11-26 13:00\",\"2026-11-26 14:00\",\"Ann\nof \"\"the\"\" hill, Bob\"\n",
		"other order":     "End,Start,Bay,Site,Reference\n2026-11-26 14:00,2026-11-26 13:00,3,Northside,B1\n",
	} {
		got, err := read(t, text)
		if err != nil || len(got.Rows) != 1 || len(got.Faults) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if c := got.Rows[0].Change; c.ExternalID != "B1" || c.Bay != "3" || !c.Start.Equal(at(18, 0)) || !c.End.Equal(at(19, 0)) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	got, err := read(t, "booking_id,location,bay,start,end,name\nB1,Northside,3,2026-11-26 13:00,2026-11-26 14:00,\"two\nlines\"\nB2,Northside,3,never,2026-11-26 14:00,\n\"B3,Northside,3,2026-11-26 13:00,2026-11-26 14:00,\n")
	if err != nil || len(got.Rows) != 1 || len(got.Faults) != 2 || got.Faults[0].Line != 4 || got.Faults[1].Line != 5 || !strings.Contains(got.Faults[1].Problem, "quotes") {
		t.Errorf("%+v, %v", got.Faults, err)
	}
}

func TestTimesAreReadInTheLocationsZoneInTheWaysPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		date, start, end string
		from, to         time.Time
	}{
		{"", "2026-11-26 13:00", "2026-11-26 14:30", at(18, 0), at(19, 30)},
		{"", "2026-11-26T13:00:00", "2026-11-26T14:30", at(18, 0), at(19, 30)},
		{"", "2026-11-26T18:00:00Z", "2026-11-26T14:30:00-0500", at(18, 0), at(19, 30)},
		{"", "26/11/2026 13:00", "26/11/2026 14:30", at(18, 0), at(19, 30)},
		{"", "26.11.2026 13:00", "26.11.2026, 14:30", at(18, 0), at(19, 30)},
		{"", "11/26/2026 1:00 PM", "11/26/2026 2:30pm", at(18, 0), at(19, 30)},
		{"", "26 Nov 2026 13:00", "November 26, 2026 2:30 p.m.", at(18, 0), at(19, 30)},
		{"", "Nov 26, 2026 1 PM", "Thu 26 Nov 2026 14:30", at(18, 0), at(19, 30)},
		{"2026-11-26", "13:00", "14:30", at(18, 0), at(19, 30)},
		{"26/11/2026", "1pm", "2:30 PM", at(18, 0), at(19, 30)},
		{"2026-11-26", "23:00", "00:30", at(28, 0), at(29, 30)},
		{"", "2026-11-26 23:00", "1:00", at(28, 0), at(30, 0)},
	} {
		got, err := read(t, fmt.Sprintf("booking_id,location,bay,date,start,end\nB1,Northside,3,%q,%q,%q\n", c.date, c.start, c.end))
		if err != nil || len(got.Rows) != 1 || !got.Rows[0].Change.Start.Equal(c.from) || !got.Rows[0].Change.End.Equal(c.to) {
			t.Errorf("%q %q %q: %+v, %v", c.date, c.start, c.end, got, err)
		}
	}
	got, err := read(t, "booking_id,location,bay,start,duration\nB1,Harbour,3,2026-11-26 18:00,60\nB2,Harbour,3,2026-11-26 18:00,1:30\nB3,Harbour,3,2026-11-26 18:00,1h 15m\nB4,Harbour,3,2026-11-26 18:00,long\n")
	if err != nil || len(got.Rows) != 3 || !got.Rows[1].Change.End.Equal(at(19, 30)) || !got.Rows[2].Change.End.Equal(at(19, 15)) || got.Faults[0].Column != "duration" {
		t.Errorf("%+v, %v", got, err)
	}
	for order, month := range map[DateOrder]time.Month{DayFirst: time.April, MonthFirst: time.March} {
		got, err := read(t, "booking_id,location,bay,start,end\nB1,Harbour,3,3/4/2026 18:00,3/4/2026 19:00\n", order)
		if err != nil || len(got.Rows) != 1 || got.Rows[0].Change.Start.Month() != month {
			t.Errorf("%s: %+v, %v", order, got, err)
		}
	}
}

func TestTimeThatTheClocksSkipOrShowTwiceIsAsked(t *testing.T) {
	t.Parallel()
	for start, says := range map[string]string{
		"2026-03-08 02:30": "skip", "2026-11-01 01:30": "twice", "2026-11-01T01:30:00-04:00": "", "2026-11-01 03:30": "", "2026-11-01 00:30": "",
	} {
		got, err := read(t, "booking_id,location,bay,start,duration\nB1,Northside,3,"+start+",60\n")
		if err != nil {
			t.Fatal(err)
		}
		if says == "" && len(got.Rows) != 1 || says != "" && (len(got.Faults) != 1 || !strings.Contains(got.Faults[0].Problem, says) || !strings.Contains(got.Faults[0].Remedy, "-04:00")) {
			t.Errorf("%s: %+v", start, got)
		}
	}
}

func TestTemplateCanBeReadBack(t *testing.T) {
	t.Parallel()
	file, err := Template("Northside", at(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Read(file, Options{Zone: zones(t)})
	if err != nil || len(got.Rows) != 1 || len(got.Faults)+len(got.Ignored) != 0 || !got.Rows[0].Change.Start.Equal(at(23, 0)) {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("booking_id,location,bay,start,end\nB1,Northside,3,2026-11-26T13:00:00Z,2026-11-26T14:00:00Z\n")
	f.Add("sep=;\nid;site;bay;date;from;minutes\n1;Harbour;1;3.4.2026;6pm;1h30\n")
	f.Fuzz(func(t *testing.T, s string) {
		got, _ := Read([]byte(s), Options{Zone: zones(t)})
		for _, r := range got.Rows {
			if c := r.Change; c.ExternalID == "" || !c.Cancelled && !c.End.After(c.Start) || r.Line < 2 {
				t.Errorf("%+v", r)
			}
		}
	})
}
