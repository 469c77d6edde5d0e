package store_test

import (
	"encoding/json"
	"strings"
	"testing"

	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// What is looked up for every text must cost the same after a million texts as after the first.
func TestATextThatWasStoredBeforeIsFoundWithoutReadingTheOthers(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant := storetest.AddTenant(t, c, "aa")
	if _, _, ok := c.Postgres(); ok {
		t.Skip("PostgreSQL chooses by what the tables hold")
	}
	heard := &capture{}
	_, _ = store.New(heard).FindMessagesByProviderIDs(t.Context(), store.FindMessagesByProviderIDsParams{Provider: "openphone", Ids: json.RawMessage("{}")})
	plan, err := store.PlanForTest(t.Context(), tenant, heard.query, heard.args...)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(plan, "provider_message_id=?") {
		t.Errorf("all messages of the provider are read:\n%s", plan)
	}
}
