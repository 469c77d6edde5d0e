package club

import "context"

type correlationKey struct{}

// WithCorrelation marks ctx as part of the work that id names. One id follows a matter from the
// webhook through jobs to vendors' calls and into every log line.
func WithCorrelation(ctx context.Context, id CorrelationID) context.Context {
	return context.WithValue(ctx, correlationKey{}, id)
}

// CorrelationFrom returns the id that WithCorrelation set, or the zero id.
func CorrelationFrom(ctx context.Context) CorrelationID {
	id, _ := ctx.Value(correlationKey{}).(CorrelationID)
	return id
}
