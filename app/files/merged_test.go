package files_test

import (
	"testing"

	"qianshou/app/files"
)

// When two registrations become one, the portrait that was chosen takes the place of
// the other, papers that answer a form stay with the answers that name them, and what was not chosen
// stays where it was.
func TestFilesFollowAMerge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		taken        []string
		held         bool
		photo, scans int // 0: the first's own portrait; 1: the second's
		answers      int
	}{
		{"nothing chosen", nil, false, 0, 0, 0},
		{"the second's portrait", []string{"photo"}, false, 1, 0, 0},
		{"the second's passport", []string{"document"}, false, 0, 1, 0},
		{"both, under a legal hold", []string{"photo", "document"}, true, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGround(t)
			ctx := t.Context()
			guests := g.guests.With(g.files)
			var photos [2]files.File
			for i, id := range [...]files.Input{{RegistrationID: g.member.ID}, {RegistrationID: g.guest.ID}} {
				id.Purpose, id.Content = files.Photo, portrait(t, 500, 700)
				f, err := g.files.Add(ctx, office, id)
				must(t, err)
				photos[i] = f
			}
			for _, purpose := range []files.Purpose{files.PassportScan, files.Answer} {
				_, err := g.files.Add(ctx, office, files.Input{RegistrationID: g.guest.ID, Purpose: purpose, Content: []byte("%PDF-1.7\n%%EOF")})
				must(t, err)
			}
			if tt.held {
				_, err := g.db.ExecContext(ctx, `
					INSERT INTO legal_holds (id, event_id, registration_id, reason, placed_at, placed_by) VALUES (gen_random_uuid(), $1, $2, 'a suit', now(), 'test')`, g.event.ID, g.guest.ID)
				must(t, err)
			}
			kept, err := guests.Merge(ctx, office, g.member.ID, g.guest.ID, tt.taken)
			must(t, err)
			list, err := g.files.Of(ctx, office, kept.ID)
			must(t, err)
			count := map[files.Purpose]int{}
			for _, f := range list {
				count[f.Purpose]++
				if f.Purpose == files.Photo && f.ID != photos[tt.photo].ID {
					t.Errorf("the portrait is not that of number %d", tt.photo+1)
				}
				if _, content, err := g.files.Read(ctx, office, f.ID); err != nil || len(content) == 0 {
					t.Errorf("%s: %d bytes, %v", f.Purpose, len(content), err)
				}
			}
			if count[files.Photo] != 1 || count[files.PassportScan] != tt.scans || count[files.Answer] != tt.answers {
				t.Errorf("kept: %v", count)
			}
		})
	}
}
