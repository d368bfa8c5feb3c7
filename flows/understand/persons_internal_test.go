package understand

import (
	"slices"
	"testing"
)

func TestHowEachOfSeveralPersonsIs(t *testing.T) {
	w := Invented()
	for _, x := range []struct {
		text string
		who  []string
		want []string
	}{
		{"没见着：郭敏、吕芬。好的：康琴", []string{"郭敏", "吕芬", "康琴"}, []string{NotMet, NotMet, Well}},
		{"郭敏吕芬康琴三家都没人", []string{"郭敏", "吕芬", "康琴"}, []string{NotMet}},
		{"郭敏没在家，剩下的吕芬康琴都好", []string{"郭敏", "吕芬", "康琴"}, []string{NotMet, Well, Well}},
		{"一个好 一个没见着 依次是郭敏 吕芬", []string{"郭敏", "吕芬"}, []string{Well, NotMet}},
		{"不在家的是高霞，孟丽挺好", []string{"高霞", "孟丽"}, []string{NotMet, Well}},
	} {
		r := read(x.text, w.Day, w.Names())
		if got := r.findings(x.who, nil); !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, want %v", x.text, got, x.want)
		}
	}
}

func TestWhenAndHowEachWasSeen(t *testing.T) {
	w := Invented()
	r := read("昨天去郭敏家看的，今天给吕芬打的电话，都好", w.Day, w.Names())
	who := []string{"郭敏", "吕芬"}
	if got := r.daysEach(who, w.Day); !slices.Equal(got, []string{"2026-11-30", "2026-12-01"}) {
		t.Errorf("days %v", got)
	}
	if got := r.waysEach(who); !slices.Equal(got, []string{"home", "phone"}) {
		t.Errorf("ways %v", got)
	}
}
