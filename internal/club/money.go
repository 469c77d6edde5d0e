package club

import "fmt"

// MicroUSD is an amount of money in millionths of a US dollar. Sums stay exact; an int64 holds nine
// trillion dollars.
type MicroUSD int64

func (m MicroUSD) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s$%d.%06d", sign, int64(m)/1_000_000, int64(m)%1_000_000)
}
