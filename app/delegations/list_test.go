package delegations_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"qianshou/app/accounts"
	"qianshou/app/delegations"
	"qianshou/app/kit/fault"
	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
)

// crowd fills an event with generated registrations: made-up names of four
// scripts, ten countries, states as in the week before a forum.
func crowd(t testing.TB, db *sqlx.DB, event ident.ID, n int) {
	t.Helper()
	for _, statement := range []string{`
		INSERT INTO countries (code, code3, name_zh, name_en) SELECT 'X' || chr(65 + i), 'XQ' || chr(65 + i), '国' || i, 'Country ' || i FROM generate_series(0, 9) i`, `
		INSERT INTO persons (id, given_name, family_name, name_native, native_order, name_zh, nationality, email, name_key, sound_key, search, birth_date_index, created_at)
		SELECT md5('p' || i)::uuid, initcap(g), initcap(f), initcap(g) || ' ' || initcap(f), 'given_first', z, 'X' || chr((65 + i % 10)),
			g || i || '@city.example', f || ' ' || g, replace(replace(replace(f || ' ' || g, 'a', ''), 'e', ''), 'o', ''),
			g || ' ' || f || ' ' || z || ' ' || f || 'bureau', decode(md5('b' || i % 20000), 'hex'), '2027-01-01'
		FROM (SELECT i, s[1 + i % 29] || s[1 + i / 29 % 31] || s[1 + i % 7] AS g, s[1 + i % 37] || s[1 + i / 37 % 23] || s[1 + i / 851 % 29] || s[1 + i / 97 % 11] AS f,
				h[1 + i % 17] || h[1 + i / 17 % 19] || h[1 + i / 323 % 13] AS z
			FROM generate_series(1, $2) i, (SELECT string_to_array('ba be bo da de do fa fe fo ga ge go ka ke ko la le lo ma me mo na ne no pa pe po ra re ro sa se so ta te to va', ' ') AS s,
				string_to_array('王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 林 郭 何 高', ' ') AS h) words) made WHERE $1::uuid IS NOT NULL`, `
		INSERT INTO registrations (event_id, id, reference, person_id, category_id, role, badge_type, status, lang, source, queue_no, submitted_at, created_at)
		SELECT $1, md5('r' || i)::uuid, 'F27-' || i + 1000, md5('p' || i)::uuid, (SELECT id FROM categories WHERE event_id = $1 ORDER BY position LIMIT 1), 'firm', 'BIZ',
			CASE WHEN i % 100 < 20 THEN 'submitted' WHEN i % 100 < 22 THEN 'on_hold' WHEN i % 100 < 24 THEN 'returned' WHEN i % 100 < 30 THEN 'waitlisted' WHEN i % 100 < 31 THEN 'rejected' WHEN i % 100 < 33 THEN 'cancelled' ELSE 'badge_issued' END,
			'en', (ARRAY['web', 'web', 'api', 'import', 'delegation'])[1 + i % 5], i + 1000, timestamptz '2027-01-01' + i * interval '90 seconds', '2027-01-01'
		FROM generate_series(1, $2) i`, `
		INSERT INTO duplicate_pairs (event_id, first_id, second_id, score, signs, found_at)
		SELECT $1, md5('r' || i)::uuid, md5('r' || i + 1)::uuid, 60, '{birth,name}', '2027-01-01' FROM generate_series(100, $2 - 1, 100) i`,
	} {
		args := []any{event, n}
		if !strings.Contains(statement, "$1") {
			args = nil
		}
		if err := store.InTx(t.Context(), db, func(tx *sqlx.Tx) error {
			if _, err := tx.ExecContext(t.Context(), `SET LOCAL statement_timeout = 0`); err != nil { // a hundred thousand rows take their time
				return err
			}
			_, err := tx.ExecContext(t.Context(), statement, args...)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), `VACUUM ANALYZE registrations, persons, duplicate_pairs`); err != nil {
		t.Fatal(err)
	}
}

// deskFilters are what a desk filters by: one of each kind, broad and narrow ones,
// and ones that nobody fits.
var deskFilters = map[string]delegations.Filter{
	"everything":               {},
	"the queue":                {Status: "queue", Oldest: true},
	"the queue, deep":          {Status: "queue", Oldest: true, After: 15_000},
	"one status":               {Status: "rejected"},
	"a status that nobody has": {Status: "departed"},
	"a category":               {Category: "firm", Status: "queue", Oldest: true},
	"a category without any":   {Category: "press"},
	"a delegation":             {DelegationID: ident.ID{15: 9}},
	"a country":                {Country: "XC", Status: "queue", Oldest: true},
	"a country of nobody":      {Country: "HU"},
	"a source":                 {Source: "import"},
	"a source of nobody":       {Source: "onsite", Status: "queue"},
	"duplicates":               {Duplicates: true},
	"duplicates of a country":  {Duplicates: true, Country: "XB", Status: "queue"},
	"long waiting":             {Status: "queue", Waiting: 24 * time.Hour, Oldest: true},
	"longer than anybody":      {Waiting: 5000 * time.Hour},
	"two Han":                  {Search: "王李"},
	"one Han":                  {Search: "马", Status: "queue"},
	"the beginning of a word":  {Search: "bab"},
	"two words":                {Search: "babeba dabo"},
	"a short word":             {Search: "xy"},
	"nobody's name":            {Search: "zzyzx", Status: "queue"},
	"a reference":              {Search: "F27-12"},
	"a number":                 {Search: "10042"},
	"an address":               {Search: "babeba1234@"},
}

var (
	wholeTable   = regexp.MustCompile(`Seq Scan on (registrations|persons)\b`)
	rowsFiltered = regexp.MustCompile(`Rows Removed by Filter: (\d{5,})`)
)

// However a list is filtered, PostgreSQL reads it by indexes.
func TestListsAreReadByIndexes(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	crowd(t, g.db, g.event.ID, 20_000)
	for name, f := range deskFilters {
		plan, err := delegations.ExplainList(t.Context(), g.db, g.event.ID, f, april())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if wholeTable.MatchString(plan) || rowsFiltered.MatchString(plan) {
			t.Errorf("%s reads too much:\n%s", name, plan)
		}
	}
}

// Counting with an end answers the same until there, and no more after.
func TestCountsUpTo(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	crowd(t, g.db, g.event.ID, 1000) // 200 submitted, 20 held, 20 returned, 60 waiting
	for most, want := range map[int]map[delegations.Status]int{
		5000: {"submitted": 200, "on_hold": 20, "returned": 20, "waitlisted": 60, "rejected": 10, "cancelled": 20, "badge_issued": 670},
		50:   {"submitted": 50, "on_hold": 20, "returned": 20, "waitlisted": 50, "rejected": 10, "cancelled": 20, "badge_issued": 50},
	} {
		counts, err := g.guests.CountsUpTo(t.Context(), office, g.event.ID, most)
		if err != nil || !maps.Equal(counts, want) {
			t.Errorf("up to %d: %v, %v; want %v", most, counts, err, want)
		}
	}
	exact, err := g.guests.Counts(t.Context(), office, g.event.ID)
	if err != nil || exact["badge_issued"] != 670 {
		t.Errorf("%v, %v", exact, err)
	}
	if _, err := g.guests.CountsUpTo(t.Context(), accounts.GuestActor(), g.event.ID, 10); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a guest counts: %v", err)
	}
}

// Pages follow one another by the last number: none is missed and none comes twice,
// though somebody registers between them.
func TestPagesFollowOneAnother(t *testing.T) {
	t.Parallel()
	g := newGround(t, 5)
	for i := range 12 {
		if _, _, err := g.register(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	for _, oldest := range []bool{true, false} {
		var seen []int
		for f := (delegations.Filter{Oldest: oldest, Limit: 5}); ; {
			page, err := g.guests.Registrations(t.Context(), office, g.event.ID, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Rows {
				seen = append(seen, r.QueueNo)
			}
			if len(seen) == 5 && !oldest {
				if _, _, err := g.register(t.Context(), 20); err != nil {
					t.Fatal(err)
				}
			}
			if f.After = page.Next; page.Next == 0 {
				break
			}
		}
		want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
		if !oldest {
			slices.Reverse(want)
		}
		if !slices.Equal(seen, want) {
			t.Errorf("oldest first %v: %v; want %v", oldest, seen, want)
		}
	}
}

// One search finds a person in every script, by pinyin and its initials, by number
// and by address.
func TestSearch(t *testing.T) {
	t.Parallel()
	g := newGround(t, 20)
	for i, who := range []struct{ given, family, native, zh string }{
		{"Stelios", "Magkaniaris", "Στέλιος Μαγκανιάρης", "斯泰利奥斯·曼加尼亚里斯"},
		{"Zsófia", "Szőke-Réti", "", "若菲亚·瑞蒂"},
		{"Xiaoming", "Wang", "王小明", "王小明"},
		{"Łukasz", "Wójcik", "", ""},
		{"Ana", "Li", "", "李安娜"},
	} {
		in := firm(i)
		in.GivenName, in.FamilyName, in.NameNative, in.NameZH = who.given, who.family, who.native, who.zh
		in.Email = string(rune('s'+i)) + "desk@city.example"
		if _, _, err := g.guests.Register(t.Context(), accounts.GuestActor(), g.event.ID, in); err != nil {
			t.Fatal(err)
		}
	}
	for sought, want := range map[string][]int{
		"magkan": {1}, "MAGKANIARIS stelios": {1}, "Μαγκανιάρης": {1}, "曼加尼": {1}, "亚里斯": {1}, "加": {1}, "stl": {1}, "mjnyls": {1},
		"szoke": {2}, "Szőke": {2}, "reti": {2}, "ruidi": {2},
		"王小明": {3}, "小明": {3}, "wangxiao": {3}, "xiaoming": {3}, "wxm": {3}, "xm": {3}, "wojcik": {4}, "lukasz": {4},
		"li": {5}, "annali": nil, "anna": {5}, "李": {5}, "f27-0002": {2}, "F27-": {1, 2, 3, 4, 5}, "0004": {4}, "4": {4},
		"zdesk@city.example": nil, "sDesk@": {1}, "bakony": {1, 2, 3, 4, 5}, "textiles reti": {2}, "' | !": nil, "%": nil, "ｗａｎｇ": {3},
	} {
		page, err := g.guests.Registrations(t.Context(), office, g.event.ID, delegations.Filter{Search: sought, Oldest: true})
		var got []int
		for _, r := range page.Rows {
			got = append(got, r.QueueNo)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q finds %v, %v; want %v", sought, got, err, want)
		}
	}
	stranger := accounts.GuestActor()
	if _, err := g.guests.Registrations(t.Context(), stranger, g.event.ID, delegations.Filter{}); fault.CodeOf(err) != fault.Forbidden {
		t.Errorf("a stranger reads the list: %v", err)
	}
}

func TestSoundKeysAgree(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{
		{"Stelios Magkaniaris", "Manganiaris Stelios"}, {"Müller Jens", "Mueller Jens"}, {"Charalampos Papadopoulos", "Haralabos Papadopoulos"},
		{"Konstantinos Antoniou", "Constantinos Andoniou"}, {"Vladimír Novák", "Wladimir Nowak"}, {"Dimitar Zhivkov", "Dimitar Jivkov"},
	} {
		if a, b := delegations.SoundKey(same[0]), delegations.SoundKey(same[1]); a != b || a == "" {
			t.Errorf("%s is %q, %s is %q", same[0], a, same[1], b)
		}
	}
	for _, other := range [][2]string{{"Anna Petrova", "Anna Pavlova"}, {"Tomáš Vlkolinský", "Tomáš Kollár"}} {
		if a, b := delegations.SoundKey(other[0]), delegations.SoundKey(other[1]); a == b {
			t.Errorf("%s and %s are both %q", other[0], other[1], a)
		}
	}
	if key := delegations.SoundKey("Li Ai"); key != "" {
		t.Errorf("a name of one consonant has the key %q", key)
	}
}
