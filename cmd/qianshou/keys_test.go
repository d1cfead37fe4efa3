package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestKeysAreRenewedBesideTheServer turns the keys of a site that runs: what it
// sealed before and after is read by it all the while.
func TestKeysAreRenewedBesideTheServer(t *testing.T) {
	t.Parallel()
	p := start(t)
	keys := func(action string, want int) string {
		t.Helper()
		var out, complaint bytes.Buffer
		if code := run(t.Context(), []string{"keys", action}, stdio{out: &out, err: &complaint, environ: p.environ}); code != want {
			t.Fatalf("keys %s: exit code %d, want %d: %s", action, code, want, &complaint)
		}
		return out.String() + complaint.String()
	}
	owner := p.caller(t, "owner")
	register := func(name, number string) string {
		t.Helper()
		guest := owner.ask("POST", "/api/v1/events/"+forum+"/registrations", "/api/v1/events/{event}/registrations", 201, object{
			"category": "press", "given_name": "Žofie", "family_name": name, "name_native": "Žofie", "email": "zofie@tv.example", "nationality": "CZ", "organisation": "City TV", "consent": true,
			"birth_date": "1980-02-29", "passport": object{"number": number, "issuer": "CZ", "expires_on": "2032-01-01"},
		})
		return guest["id"].(string)
	}
	before := register("Novotná", "TEST77001")
	if said := keys("rotate", 0); !strings.Contains(said, "keys reseal") {
		t.Errorf("rotate says %q", said)
	}
	if said := keys("drop", 1); !strings.Contains(said, "younger than") {
		t.Errorf("dropping at once: %q", said)
	}
	if said := keys("reseal", 0); !strings.Contains(said, "travel_documents.number_sealed: 0 left") || !strings.Contains(said, "files: 0 left") {
		t.Errorf("reseal says %q", said)
	}
	// The server has not heard of the key; it hears when it meets it.
	for _, id := range []string{before, register("Dvořáková", "TEST77002")} {
		owner.ask("POST", "/api/v1/registrations/"+id+"/approve", "/api/v1/registrations/{id}/approve", 200, nil) // opens the signing key
	}
	if said := keys("nothing", 2); !strings.Contains(said, "rotate, reseal, drop") {
		t.Errorf("called wrongly: %q", said)
	}
}
