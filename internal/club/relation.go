package club

import "slices"

// Relation is how one ticket stands to another, seen from the first.
type Relation string

// The relations. Each but the last has an inverse, which is what the other ticket shows.
const (
	RelationDuplicateOf  Relation = "duplicate_of"
	RelationHasDuplicate Relation = "has_duplicate"
	RelationBlocks       Relation = "blocks"
	RelationBlockedBy    Relation = "blocked_by"
	RelationCausedBy     Relation = "caused_by"
	RelationCauseOf      Relation = "cause_of"
	RelationRelatedTo    Relation = "related_to"
)

// Relations lists every relation in the order in which pages offer them.
func Relations() []Relation {
	return []Relation{RelationRelatedTo, RelationDuplicateOf, RelationHasDuplicate, RelationBlocks, RelationBlockedBy, RelationCausedBy, RelationCauseOf}
}

var inverses = map[Relation]Relation{
	RelationDuplicateOf: RelationHasDuplicate, RelationHasDuplicate: RelationDuplicateOf, RelationBlocks: RelationBlockedBy, RelationBlockedBy: RelationBlocks,
	RelationCausedBy: RelationCauseOf, RelationCauseOf: RelationCausedBy, RelationRelatedTo: RelationRelatedTo,
}

// Inverse is the relation as the other ticket sees it.
func (r Relation) Inverse() Relation { return inverses[r] }

// Kept reports whether the relation is stored as it is; of the others, their inverse is.
func (r Relation) Kept() bool {
	return slices.Contains([]Relation{RelationDuplicateOf, RelationBlocks, RelationCausedBy, RelationRelatedTo}, r)
}

// Words is the relation in a sentence: "#1 blocks #2", "#1 is caused by #2".
func (r Relation) Words() string {
	switch r {
	case RelationDuplicateOf:
		return "is a duplicate of"
	case RelationHasDuplicate:
		return "has the duplicate"
	case RelationBlocks:
		return "blocks"
	case RelationBlockedBy:
		return "is blocked by"
	case RelationCausedBy:
		return "is caused by"
	case RelationCauseOf:
		return "is the cause of"
	case RelationRelatedTo:
		return "is related to"
	}
	return string(r)
}

// ParseRelation reads a relation's name.
func ParseRelation(s string) (Relation, error) {
	if slices.Contains(Relations(), Relation(s)) {
		return Relation(s), nil
	}
	return "", Invalid("%q is not a way in which tickets are related", clip(s, 40))
}
