package audit

// InParts has walks through a log end at heads that are some n leaves apart, at most.
func (k *Keeper) InParts(n int64) *Keeper {
	k.part = n
	return k
}
