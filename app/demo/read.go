package demo

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qianshou/app/demo/data"
	"qianshou/app/kit/locale"
)

// row is one line of a table, by the names of its head.
type row map[string]string

// table reads a CSV file of the demo.
func table(name string) ([]row, error) {
	f, err := data.FS.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var rows []row
	for _, line := range lines[1:] {
		r := row{}
		for i, cell := range line {
			r[lines[0][i]] = cell
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// document reads a JSON file of the demo.
func document(name string, into any) error {
	raw, err := data.FS.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// list is a cell that holds several values.
func (r row) list(name string) []string {
	if r[name] == "" {
		return nil
	}
	return strings.Split(r[name], ";")
}

func (r row) number(name string) (int, error) {
	if r[name] == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(r[name])
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

func (r row) yes(name string) bool { return r[name] == "true" }

// names are the two languages of a row.
func (r row) names() locale.Text { return locale.Text{ZH: chinese(r["name_zh"]), EN: r["name_en"]} }

func day(s string) (time.Time, error) { return time.Parse(time.DateOnly, s) }

// instant reads the two ways in which the demo writes one: with seconds and
// without.
func instant(s string) (time.Time, error) {
	if t, err := time.Parse("2006-01-02T15:04-07:00", s); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, s)
}
