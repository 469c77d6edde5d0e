package crashtest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// operate approves what is proposed, as an operator at the console does, until the context ends. A server
// that is away is asked again.
func (d *drive) operate(ctx context.Context) {
	client := &http.Client{Timeout: 5 * time.Second}
	for pause(ctx, 150*time.Millisecond) == nil {
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		if d.ask(ctx, client, http.MethodGet, "/proposals?status=open", &page) != nil {
			continue
		}
		for _, p := range page.Items {
			_ = d.ask(ctx, client, http.MethodPost, "/proposals/"+p.ID+"/approve", nil) // who is too late, is told so
		}
	}
}

// ask calls the API with the operator's key.
func (d *drive) ask(ctx context.Context, client *http.Client, method, path string, into any) error {
	var body bytes.Buffer
	if method == http.MethodPost {
		body.WriteString("{}")
	}
	req, err := http.NewRequestWithContext(ctx, method, d.in.url+"/api/v1/"+d.in.club.Slug.String()+path, &body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+d.in.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if into == nil || resp.StatusCode != http.StatusOK {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}
