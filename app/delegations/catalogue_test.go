package delegations_test

import "testing/fstest"

// emptyCatalogue has no sentence: letters then show their keys.
var emptyCatalogue = fstest.MapFS{"zh/x.json": {Data: []byte(`{}`)}, "en/x.json": {Data: []byte(`{}`)}}
