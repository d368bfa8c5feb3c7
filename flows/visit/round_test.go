package visit

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"xintiexin/storage/calendar"
)

var roundDay = calendar.Date(2027, 1, 28)

func heardAs(text string, max int) string {
	all, bad, heard := hearRound(text, max, roundDay)
	if !heard {
		return "no round"
	}
	var out []string
	for _, a := range all {
		s := fmt.Sprintf("%d %s", a.n, a.how)
		if a.day != 0 {
			s += " " + a.day.Short()
		}
		out = append(out, s)
	}
	if len(bad) > 0 {
		out = append(out, fmt.Sprintf("and %d refused", len(bad)))
	}
	return strings.Join(out, ", ")
}

func TestRoundsAsTheyAreSaid(t *testing.T) {
	for _, c := range []struct{ said, want string }{
		{"1都好 2办了 3没见到 4明天", "1 well, 2 done, 3 notmet, 4 later 1月29日"},
		{"1好2给她说了3没搁家4赶明儿", "1 well, 2 done, 3 notmet, 4 later 1月29日"},
		{"1都好，2办了，3没见到", "1 well, 2 done, 3 notmet"},
		{"1.都好 2.办了", "1 well, 2 done"},
		{"1、都好 2、办了", "1 well, 2 done"},
		{"①都好②办完了", "1 well, 2 done"},
		{"第1件办了 第2件明天", "1 done, 2 later 1月29日"},
		{"1、2都好 3没人", "1 well, 2 well, 3 notmet"},
		{"1 2 3都办了", "1 done, 2 done, 3 done"},
		{"1 2 3办了", "1 done, 2 done, 3 done"},
		{"1和3明天", "1 later 1月29日, 3 later 1月29日"},
		{"2办了", "2 done"},
		{"1 都好", "1 well"},
		{"4后天 1中", "1 well, 4 later 1月30日"},
		{"4 2月3号 1都好", "1 well, 4 later 2月3日"},
		{"3改到下周三", "3 later 2月3日"},
		{"1不用了 2她说不用", "1 unwanted, 2 unwanted"},
		{"１都好　２办了", "1 well, 2 done"},
		{"1没去 2没顾上", "1 later, 2 later"},
		// refused in part
		{"1都好 2呵呵", "1 well, and 1 refused"},
		{"1都好 王秀兰也好", "1 well, and 1 refused"},
		{"1都好 1没见到 2办了", "2 done, and 1 refused"},
		{"1都好 9办了", "1 well, and 1 refused"},
		{"123都好 1办了", "no round"},
		{"1都好2", "1 well, and 1 refused"},
		{"1都好她娘不好 2办了", "2 done, and 1 refused"},
		{"1昨天 2办了", "2 done, and 1 refused"},
		// no round
		{"1", "no round"}, {"12", "no round"}, {"都好", "no round"}, {"走访孟丽 都好", "no round"}, {"3组都好", "no round"}, {"17900001122", "no round"},
		{"1月3号去", "no round"}, {"1 高霞 约好今天去", "no round"}, {"8点半去", "no round"}, {"1走访", "no round"}, {"", "no round"}, {"都好1", "no round"},
	} {
		if got := heardAs(c.said, 4); got != c.want {
			t.Errorf("%q: %s, want %s", c.said, got, c.want)
		}
	}
}

// TestRoundsByDictationAndByName: Chinese numbers and the names on the list, where an
// ending follows; anything else stays as it was said.
func TestRoundsByDictationAndByName(t *testing.T) {
	names := []string{"周桂兰", "高霞", "孟丽", "王秀兰", "王秀兰"}
	for _, c := range []struct{ said, want string }{
		{"一好二给她说了三没搁家四赶明儿", "1 well, 2 done, 3 notmet, 4 later 1月29日"},
		{"一好，二给她说了，三没搁家，四赶明儿。", "1 well, 2 done, 3 notmet, 4 later 1月29日"},
		{"一、二都好 三没人", "1 well, 2 well, 3 notmet"},
		{"一二都好三明天", "1 well, 2 well, 3 later 1月29日"},
		{"第一个都好第二个没在家", "1 well, 2 notmet"},
		{"一好 2办了 三后天", "1 well, 2 done, 3 later 1月30日"},
		{"二没在家", "2 notmet"},
		{"三下周三", "3 later 2月3日"},
		{"五都好 十一办了", "5 well, and 1 refused"},
		{"高霞好 孟丽没在家", "2 well, 3 notmet"},
		{"高霞都好孟丽说改天", "2 well, 3 later"},
		{"桂兰说了，高霞家没人", "1 done, 2 notmet"},
		{"高霞好，三没人", "2 well, 3 notmet"},
		{"秀兰都好", "no round"},
		{"王秀兰都好", "no round"},
		{"高霞她娘不好", "no round"},
		{"三组都好", "no round"}, {"三月五号没空", "no round"}, {"五一不去", "no round"}, {"一共办了", "no round"}, {"一会儿去", "no round"},
		{"一家没人", "no round"}, {"十二", "no round"}, {"高霞", "no round"}, {"走访高霞 都好", "no round"}, {"三天后", "no round"}, {"四十五号去", "no round"},
		{"一好四晕了", "no round"},
		{"她三没在家", "no round"},
	} {
		if got := heardAs(inNumbers(c.said, names, roundDay), 5); got != c.want {
			t.Errorf("%q (%s): %s, want %s", c.said, inNumbers(c.said, names, roundDay), got, c.want)
		}
	}
}

var numbersSaid = regexp.MustCompile(`[0-9]+|[①-⑩]`)

// FuzzHearRound: no line is closed whose number was not said, none twice, none that
// there is not, and no day lies behind.
func FuzzHearRound(f *testing.F) {
	for _, s := range []string{"1好2给她说了3没搁家4赶明儿", "1、2都好 3没人", "4 2月3号 1都好", "①好", "1 2 3", "\xff1好", "1好1好", "第1件办了,,2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all, bad, heard := hearRound(s, 4, roundDay)
		if !heard && len(all) > 0 {
			t.Fatalf("%q: closes %v and is no round", s, all)
		}
		folded := strings.NewReplacer("１", "1", "２", "2", "３", "3", "４", "4").Replace(s)
		seen := map[int]bool{}
		for _, a := range all {
			if seen[a.n] || a.n < 1 || a.n > 4 || a.day != 0 && a.day <= roundDay {
				t.Errorf("%q: %v", s, all)
			}
			seen[a.n] = true
			said := false
			for _, n := range numbersSaid.FindAllString(folded, -1) {
				v, err := strconv.Atoi(n)
				said = said || err == nil && v == a.n || err != nil && n == string([]rune("①②③④")[a.n-1])
			}
			if !said && !strings.ContainsRune(s, rune('0'+a.n)) && strings.IndexFunc(s, func(r rune) bool { return r > 0x80 }) < 0 {
				t.Errorf("%q: line %d was not named", s, a.n)
			}
		}
		for _, b := range bad {
			if b == "" {
				t.Errorf("%q: something is refused without a word", s)
			}
		}
	})
}
