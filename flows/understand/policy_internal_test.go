package understand

import (
	"slices"
	"testing"
)

func TestWhatIsTakenAndWhatIsAsked(t *testing.T) {
	for _, x := range []struct {
		what   string
		list   []Candidate
		agreed bool
		want   Kind
		offers []string
	}{
		{"nothing", nil, false, Lost, nil},
		{"all scores low", []Candidate{{"menu", 0.05}, {"help", 0.04}}, false, Lost, nil},
		{"a page that is likely", []Candidate{{"clinic.hours", 0.8}, {"clinic.place", 0.1}}, false, Do, nil},
		{"a page that is not", []Candidate{{"clinic.hours", 0.5}, {"clinic.place", 0.4}, {"out", 0.1}, {"help", 0.05}}, false, Ask, []string{"clinic.hours", "clinic.place", "out"}},
		{"two that are near", []Candidate{{"clinic.hours", 0.73}, {"clinic.place", 0.44}}, false, Ask, []string{"clinic.hours", "clinic.place"}},
		{"a form needs more", []Candidate{{"visit.log", 0.73}, {"visit.plan", 0.05}}, false, Ask, []string{"visit.log", "visit.plan"}},
		{"final without a rule", []Candidate{{"person.died", 0.9}, {"visit.log", 0.05}}, false, Ask, []string{"person.died", "visit.log"}},
		{"final with a rule", []Candidate{{"person.died", 0.9}, {"visit.log", 0.05}}, true, Do, nil},
		{"one near that forbids the first", []Candidate{{"visit.log", 0.88}, {"person.last_visit", 0.1}}, false, Ask, []string{"visit.log", "person.last_visit"}},
		{"one far that forbids the first", []Candidate{{"visit.log", 0.88}, {"person.last_visit", 0.02}}, false, Do, nil},
		{"an opposite among the first", []Candidate{{"booking.cancel", 0.9}, {"booking.confirm", 0.08}}, true, Ask, []string{"booking.cancel", "booking.confirm"}},
		{"an opposite that is far", []Candidate{{"booking.cancel", 0.95}, {"booking.confirm", 0.02}}, true, Do, nil},
	} {
		kind, offers := weigh(x.list, x.agreed)
		if kind != x.want || !slices.Equal(offers, x.offers) {
			t.Errorf("%s: %s %v, want %s %v", x.what, kind, offers, x.want, x.offers)
		}
	}
}

func TestEveryIntentHasAClassAndALabel(t *testing.T) {
	if n := len(intents()); n < 120 {
		t.Fatalf("%d intents were read", n)
	}
	for name, in := range intents() {
		if _, ok := marks[in.class]; !ok && in.class != classDanger {
			t.Errorf("%s has the class %q", name, in.class)
		}
		if in.class != classDanger && Label(name) == "" {
			t.Errorf("%s has no label", name)
		}
		if in.opposite != "-" {
			if _, ok := intents()[in.opposite]; !ok {
				t.Errorf("%s has the opposite %q", name, in.opposite)
			}
		}
	}
	for _, r := range rules() {
		if _, ok := intents()[r.intent]; !ok {
			t.Errorf("a rule names %q", r.intent)
		}
	}
}

func TestWhatASentenceTells(t *testing.T) {
	w := Invented()
	for _, x := range []struct {
		text, role, intent, slot string
		want                     any
	}{
		{"今天去了郭敏家，挺好", "cadre", "visit.log", "who", "郭敏"},
		{"今天去了郭敏家，挺好", "cadre", "visit.log", "day", "2026-12-01"},
		{"今天去了郭敏家，挺好", "cadre", "visit.log", "finding", Well},
		{"给吕芬打电话没接", "cadre", "visit.log", "way", "phone"},
		{"集上碰见石文侠了", "cadre", "visit.log", "who", "石文侠"},
		{"段林上苏州了，得到清明才回来", "cadre", "away.log", "place", "苏州"},
		{"段林上苏州了，得到清明才回来", "cadre", "away.log", "next", "2027-04-05"},
		{"高霞搬到乙村去了", "cadre", "person.moved_village", "place", "乙村"},
		{"新来的媳妇叫李春花", "cadre", "person.new", "who", "李春花"},
		{"吴娟换号了，幺七九零零零零三三一八", "cadre", "person.phone_changed", "phone", "1790000331" + "8"},
		{"取消12月3号的，换到12月10号", "resident", "booking.change", "day", "2026-12-10"},
		{"我和对象周五上午9点去", "resident", "booking.new", "time", "09:00"},
		{"我和对象周五上午9点去", "resident", "booking.new", "count", 2},
		{"让我嫂子替我拿", "resident", "document.proxy", "who", "我嫂子"},
		{"打个五分", "resident", "rate", "value", "5"},
		{"失独有啥照顾", "resident", "benefit.info", "topic", "特别扶助"},
	} {
		got := read(x.text, w.Day, w.Names()).slotsOf(x.intent, x.role, w.Day, nil)[x.slot]
		if got != x.want {
			t.Errorf("%s: %s is %v, want %v", x.text, x.slot, got, x.want)
		}
	}
}

func TestOptions(t *testing.T) {
	visits, days := []string{"入户看望", "外出登记", "回乡登记", "都不是"}, []string{"12月3日 8:00", "12月3日 14:00", "12月10日 9:00"}
	for _, x := range []struct {
		text   string
		offers []string
		want   []int
		ok     bool
	}{
		{"2", visits, []int{2}, true},
		{"第二个", visits, []int{2}, true},
		{"回乡登记", visits, []int{3}, true},
		{"不是出门，是回来了", visits, []int{3}, true},
		{"都不对", visits, []int{4}, true},
		{"最后一个", days, []int{3}, true},
		{"十号那个", days, []int{3}, true},
		{"1 3", days, []int{1, 3}, true},
		{"B", days, []int{2}, true},
		{"今天天气怎么样", visits, nil, false},
	} {
		got, _, ok := option(typed(x.text), x.offers, Invented().Day)
		if ok != x.ok || !slices.Equal(got, x.want) {
			t.Errorf("%s: %v %v, want %v %v", x.text, got, ok, x.want, x.ok)
		}
	}
}

func TestDaysOfBirth(t *testing.T) {
	for text, want := range map[string]string{
		"二四年五月十六": "2024-05-16", "2024年5月16": "2024-05-16", "今年八月十五": "2026-09-25", "去年腊八": "2026-01-26", "25年腊月初八": "2026-01-26",
	} {
		if got, ok := birthday(text, Invented().Day); !ok || got.String() != want {
			t.Errorf("%s: %s %v, want %s", text, got, ok, want)
		}
	}
}

func TestSeveralFactsOfOneSentence(t *testing.T) {
	w := Invented()
	r := Default().Read(Asked{Text: "头午去了郭敏家怪好的，石文霞没在家，康琴昨天上苏州打工去了", Role: "cadre", Day: w.Day, Names: w.Names()})
	want := []struct {
		intent, who, day string
		finding          any
	}{{"visit.log", "郭敏", "2026-12-01", Well}, {"visit.log", "石文霞", "2026-12-01", NotMet}, {"away.log", "康琴", "2026-11-30", nil}}
	if len(r.Facts) != len(want) {
		t.Fatalf("%+v", r.Facts)
	}
	for i, f := range r.Facts {
		if f.Intent != want[i].intent || f.Slots["who"] != want[i].who || f.Slots["finding"] != want[i].finding || f.Slots["day"] != want[i].day {
			t.Errorf("%+v, want %+v", f, want[i])
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("头午去了三家郭敏怪好吕芬没在家", "cadre", "idle", "")
	f.Add("二，不对，是前天", "cadre", "at:summary", "")
	f.Add("1 3", "resident", "at:offer", "甲;乙;丙")
	f.Add("腊月二十四五，看票", "resident", "at:day", "")
	f.Fuzz(func(t *testing.T, text, role, state, offer string) {
		if len(text) > 2000 || len(offer) > 200 {
			return
		}
		w := Invented()
		r := Default().Read(Asked{Text: text, Role: role, State: state, Offers: []string{offer, "乙"}, Day: w.Day, Names: w.Names()})
		if r.Outcome.Kind == "" || len(r.Outcome.Offers) > 3 {
			t.Errorf("%q: %+v", text, r.Outcome)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	w, u := Invented(), Default()
	names := w.Names()
	for b.Loop() {
		u.Read(Asked{Text: "头午去了郭敏家怪好的，石文霞没在家", Role: "cadre", State: "idle", Day: w.Day, Names: names})
	}
}
