package act

import (
	"encoding/json"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/knowledge"
)

// Question is what a thread's awaiting column holds: what the member was asked, and on whose behalf.
type Question struct {
	Expect   knowledge.Expect `json:"expect"`
	SOP      club.SOPID       `json:"sop,omitempty"`
	Decision club.DecisionID  `json:"decision"`
}

// ParseQuestion reads a thread's awaiting column. Nil when nothing was asked.
func ParseQuestion(awaiting string) (*Question, error) {
	if awaiting == "" {
		return nil, nil
	}
	var q Question
	if err := json.Unmarshal([]byte(awaiting), &q); err != nil {
		return nil, fmt.Errorf("read what was asked: %w", err)
	}
	return &q, nil
}

func (q Question) json() string {
	b, err := json.Marshal(q)
	if err != nil {
		panic("BUG: question does not encode: " + err.Error())
	}
	return string(b)
}
