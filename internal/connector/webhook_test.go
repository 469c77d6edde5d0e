package connector

import (
	"net/http"
	"testing"
	"time"

	"clubos/internal/club"
)

const (
	vectorSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorBody   = `{"test": 2432232314}`
	vectorSig    = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func vectorHeader(sig string) http.Header {
	h := http.Header{}
	h.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	h.Set("webhook-timestamp", "1614265330")
	h.Set("webhook-signature", sig)
	return h
}

func TestStandardWebhooksPublishedVector(t *testing.T) {
	t.Parallel()
	at := time.Unix(1614265330, 0)
	keys, err := NewKeys([]string{"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", vectorSecret})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		sig, body string
		now       time.Time
		ok        bool
	}{
		"the vector":               {vectorSig, vectorBody, at, true},
		"one of several":           {"v1,AAAA v2,zzz " + vectorSig, vectorBody, at, true},
		"five minutes late":        {vectorSig, vectorBody, at.Add(Tolerance), true},
		"five minutes early":       {vectorSig, vectorBody, at.Add(-Tolerance), true},
		"stale":                    {vectorSig, vectorBody, at.Add(Tolerance + time.Second), false},
		"from the future":          {vectorSig, vectorBody, at.Add(-Tolerance - time.Second), false},
		"tampered body":            {vectorSig, vectorBody + " ", at, false},
		"another version's prefix": {"v2" + vectorSig[2:], vectorBody, at, false},
		"no signature":             {"", vectorBody, at, false},
	} {
		id, sent, err := keys.Verify(vectorHeader(tc.sig), []byte(tc.body), tc.now)
		if tc.ok && (err != nil || id != "msg_p5jXN8AQM9LWM0D4loKWxJek" || !sent.Equal(at)) {
			t.Errorf("%s: %q %v %v", name, id, sent, err)
		}
		if !tc.ok && club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWithoutASecretNothingIsAccepted(t *testing.T) {
	t.Parallel()
	none, err := NewKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*Keys{nil, none} {
		if _, _, err := k.Verify(vectorHeader(vectorSig), []byte(vectorBody), time.Unix(1614265330, 0)); club.CodeOf(err) != club.CodeUnauthenticated {
			t.Errorf("%v", err)
		}
	}
	for _, bad := range []string{"", "whsec_", "whsec_!!!", "whsec_c2hvcnQ="} {
		if _, err := NewKeys([]string{bad}); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("secret %q was taken: %v", bad, err)
		}
	}
}
