package exports

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xintiexin/flows"
	"xintiexin/flows/townform"
	"xintiexin/storage/access"
	"xintiexin/storage/consent"
	"xintiexin/storage/migration"
	personstore "xintiexin/storage/person"
	"xintiexin/storage/purpose"
	"xintiexin/storage/record"
	"xintiexin/storage/townforms"
)

// formStore is a store with two versions of a form and answers to both: of two
// who agree, one who does not any more, and about nobody.
func formStore(t *testing.T) *record.Store {
	store := exportStore(t)
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, file := range []string{"housing", "housing2"} {
		src, err := os.ReadFile("../../../flows/testdata/forms/" + file + ".md")
		if err != nil {
			t.Fatal(err)
		}
		if f, done, err := townform.AddForm(talk, ctx, store, file+".md", src, false, "", now); err != nil || !done {
			t.Fatal(f.Findings, err)
		}
	}
	err = store.Update(ctx, func(tx *record.Tx) error {
		log, err := townforms.Log(tx)
		if err != nil {
			return err
		}
		ids = []string{log[1].ID, log[0].ID}
		villages, err := personstore.Villages(tx)
		if err != nil {
			return err
		}
		clerk := personstore.Staff{ID: "clerk9", Name: "办事员", Roles: []personstore.Role{personstore.Clerk}}
		if err := errors.Join(personstore.PutStaff(tx, clerk), access.Bind(tx, "oclerk9", "clerk9")); err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, personstore.Person{OpenID: "oclerk9", Cadre: clerk})
		if err != nil {
			return err
		}
		add := func(name, version, cause string, answers ...townforms.Said) string {
			a := townforms.Submission{Form: "housing", Version: version, Set: purpose.VisitRecord, At: now.Unix(), Answers: answers}
			if name != "" {
				r, err := s.AddResident(personstore.Resident{Name: name, Village: villages[0].ID, Group: "一组"}, cause)
				if err != nil {
					t.Fatal(err)
				}
				if err := consent.Put(s, consent.Consent{Resident: r.ID, Set: purpose.VisitRecord, Answer: personstore.Yes, Channel: "oral"}, now); err != nil {
					t.Fatal(err)
				}
				a.Resident = r.ID
				a.Answers = append([]townforms.Said{{Name: "who", Value: r.ID}}, answers...)
			}
			if _, err := townforms.Submit(s, a, cause); err != nil {
				t.Fatal(err)
			}
			return a.Resident
		}
		add("林甲", ids[0], "f1", townforms.Said{Name: "house/rooms", Value: "3"}, townforms.Said{Name: "house/trouble", Value: "roof road"},
			townforms.Said{Name: "sort", Rows: []int{1}, Value: "=1+1"}, townforms.Said{Name: "number", Rows: []int{1}, Value: "4"}, townforms.Said{Name: "sort", Rows: []int{2}, Value: "枣"})
		add("林乙", ids[1], "f2", townforms.Said{Name: "house/rooms", Value: "2"}, townforms.Said{Name: "house/heat", Value: "coal"})
		gone := add("林丙", ids[1], "f3", townforms.Said{Name: "house/rooms", Value: "9"})
		return consent.WithdrawAll(tx, personstore.Person{Residents: []string{gone}}, gone, now)
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestTheAnswersToAFormAreAWorkbook(t *testing.T) {
	store := formStore(t)
	var b bytes.Buffer
	n, err := ExportForm(ctx, store, &b, "housing", true, Filter{TempDir: t.TempDir()})
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("housing")
	if err != nil || len(rows) != 4 {
		t.Fatal(rows, err)
	}
	head := "SubmissionDate village person SubmitterName who house/rooms house/trouble house/trouble/roof house/trouble/water house/trouble/road house/stop house/heat KEY FormVersion"
	if got := strings.Join(rows[0], " "); got != head {
		t.Errorf("columns %s", got)
	}
	if rows[1][5] != "家里有几间房？" { // of the newest version
		t.Errorf("labels %q", rows[1])
	}
	at := func(name string) int {
		for i, h := range rows[0] {
			if h == name {
				return i
			}
		}
		return -1
	}
	var first []string
	for _, r := range rows[2:] {
		if strings.HasPrefix(r[2], "林丙") {
			t.Errorf("she does not agree any more: %q", r)
		}
		if strings.HasPrefix(r[2], "林甲") {
			first = r
		}
	}
	if first == nil || first[at("who")] != "林甲（一组）" || first[at("house/trouble")] != "roof road" || first[at("house/trouble/roof")] != "1" || first[at("house/trouble/water")] != "0" {
		t.Errorf("first %q", first)
	}
	trees, err := book.GetRows("tree")
	if err != nil || len(trees) != 4 {
		t.Fatal(trees, err)
	}
	key := first[at("KEY")]
	if got := strings.Join(trees[2], " "); got != key+" "+key+"/1 =1+1 4" {
		t.Errorf("tree %q", got)
	}
	if formula, err := book.GetCellFormula("tree", "C3"); err != nil || formula != "" {
		t.Errorf("an answer is reckoned: %q %v", formula, err)
	}
	if _, err := ExportForm(ctx, store, &b, "nothing", false, Filter{TempDir: t.TempDir()}); !errors.Is(err, ErrForm) {
		t.Errorf("a form that there is not: %v", err)
	}
}

func TestTheTownsQuestionsAreColumnsOfTheVisits(t *testing.T) {
	store := exportStore(t)
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile("../../../flows/testdata/forms/visit.md")
	if err != nil {
		t.Fatal(err)
	}
	if f, done, err := townform.AddForm(talk, ctx, store, "visit.md", src, false, "", now); err != nil || !done {
		t.Fatal(f.Findings, err)
	}
	rows, _ := exported(t, store, Visits, Filter{})
	head := rows[0]
	if got := strings.Join(head[len(head)-2:], " "); got != "其他 pigs" {
		t.Errorf("columns end with %q", got)
	}
}

func TestTheTownsQuestionsAreColumnsOfCardsAndOfResidents(t *testing.T) {
	store := exportStore(t)
	talk, err := flows.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"away", "back", "register"} {
		src, err := fs.ReadFile(flows.Forms(), name+".md")
		if err != nil {
			t.Fatal(err)
		}
		more := "\n| | integer | cars | 家里几辆车？ | 车 |\n| | text | of_" + name + " | 还有呢？ | 还有 |\n\n| choices"
		src = bytes.Replace(src, []byte("\n\n| choices"), []byte(more), 1)
		if f, done, err := townform.AddForm(talk, ctx, store, name+".md", src, false, "", now); err != nil || !done {
			t.Fatal(f.Findings, err)
		}
	}
	err = store.Update(ctx, func(tx *record.Tx) error {
		wang, err := personstore.LoadStaff(tx, "wang")
		if err != nil {
			return err
		}
		s, err := personstore.ScopeOf(tx, personstore.Person{Cadre: wang})
		if err != nil {
			return err
		}
		all, err := migration.AwayResidents(s, 99)
		for _, a := range all {
			a.Extra = map[string]string{"cars": "2", "of_back": "=1+1"}
			err = errors.Join(err, migration.Put(s, a, now))
			r, found := s.Resident(a.Resident)
			r.Extra = map[string]string{"of_register": "好"}
			err = errors.Join(err, found, personstore.PutResident(tx, r))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{
		Away: "记录时间 cars of_away of_back|2026-11-30 14:05 2  =1+1", Residents: "联系人 cars of_register|王桂英  好",
	} {
		rows, _ := exported(t, store, what, Filter{})
		n := strings.Count(strings.Split(want, "|")[0], " ") + 1
		for len(rows[1]) < len(rows[0]) {
			rows[1] = append(rows[1], "")
		}
		var got []string
		for _, row := range rows[:2] {
			got = append(got, strings.Join(row[len(rows[0])-n:], " "))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s end with %q, want %q", what, strings.Join(got, "|"), want)
		}
	}
}
