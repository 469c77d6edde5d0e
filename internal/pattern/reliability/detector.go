package reliability

import "math"

// Detector watches whether decisions still work as often as is claimed. It holds no state: the
// statistic is the caller's to keep, 0 at the start and after an alarm that was dealt with.
type Detector struct {
	// Claim is the least rate of right decisions, in (0, 1).
	Claim float64
	// Threshold is the least mean number of outcomes to a false alarm while the claim is true, above 1.
	Threshold float64
}

// worse is by how much the odds have fallen in the case that the detector is quickest for.
const worse = 6

// The thresholds of the three breakers: the more an alarm stops, the rarer a false one must be.
const (
	PatternThreshold = 100
	ActionThreshold  = 300
	ClubThreshold    = 1000
)

// Next is the statistic after an outcome, success in [0, 1], and whether it raises the alarm. Anything
// but a number in that range counts as a failure.
func (d Detector) Next(statistic, success float64) (float64, bool) {
	next := math.Exp(d.ratio(success)) * max(1, statistic)
	return next, next >= d.Threshold
}

// Instead is the statistic after an outcome that was counted as one thing has turned out to be a worse one:
// what was counted is taken back. Counting both would let a device that vouches for what does not help
// make up for every complaint.
func (d Detector) Instead(statistic, counted, success float64) (float64, bool) {
	next := math.Exp(d.ratio(success)-d.ratio(counted)) * max(math.Exp(d.ratio(1)), statistic)
	return next, next >= d.Threshold
}

// ratio is the logarithm of the likelihood ratio of an outcome.
func (d Detector) ratio(success float64) float64 {
	if !(success >= 0 && success <= 1) {
		success = 0
	}
	odds := d.Claim / (1 - d.Claim) / worse
	fallen := odds / (1 + odds)
	return success*math.Log(fallen/d.Claim) + (1-success)*math.Log((1-fallen)/(1-d.Claim))
}
