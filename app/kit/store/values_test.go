package store_test

import (
	"testing"

	"qianshou/app/kit/ident"
	"qianshou/app/kit/store"
	"qianshou/app/kit/storetest"
)

func TestValues(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for _, typed := range []string{`100%`, `a_b`, `\`, `\%_`, `%`, `甬`} {
		var same, other bool
		err := db.QueryRowxContext(t.Context(), `SELECT $1::text LIKE $2, 'x' || $1::text LIKE $2`, typed, store.Literal(typed)).Scan(&same, &other)
		if err != nil || !same || other {
			t.Errorf("%q finds itself %v, and something else %v, %v", typed, same, other, err)
		}
	}
	id := ident.New()
	var none, some bool
	err := db.QueryRowxContext(t.Context(), `SELECT $1::uuid IS NULL, $2::uuid = $3`, store.OrNull(ident.Nil), store.OrNull(id), id).Scan(&none, &some)
	if err != nil || !none || !some {
		t.Errorf("none is NULL %v, an id itself %v, %v", none, some, err)
	}
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE things (n int)`); err != nil {
		t.Fatal(err)
	}
	for rows, want := range []bool{false, true, false} {
		if one, err := store.ChangedOne(db.ExecContext(t.Context(), `UPDATE things SET n = 1`)); err != nil || one != want {
			t.Errorf("of %d rows: %v, %v", rows, one, err)
		}
		if _, err := db.ExecContext(t.Context(), `INSERT INTO things VALUES (0)`); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.ChangedOne(db.ExecContext(t.Context(), `UPDATE nothing SET n = 1`)); err == nil {
		t.Error("a failure is no answer")
	}
}
