package migration

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestPlacesAsTheyAreSaid(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"苏州", "江苏苏州"}, {"苏州市", "江苏苏州"}, {"江苏", "江苏"}, {"江苏省", "江苏"}, {"江苏苏州", "江苏苏州"}, {"江苏省苏州市", "江苏苏州"},
		{"昆山", "江苏苏州"}, {"苏州昆山", "江苏苏州"}, {"义乌", "浙江金华"}, {"去苏州打工", "江苏苏州"}, {"在北京上班", "北京"}, {"北京朝阳区", "北京"},
		{"上海", "上海"}, {"上上海了", "上海"}, {"上海市浦东", "上海"}, {"到济南了", "山东济南"}, {"吉林", "吉林"}, {"吉林市", "吉林吉林"}, {"长春", "吉林长春"},
		{"苏州市工业园区8号", "江苏苏州"}, {"临沂那边", "山东临沂"}, {"滕州", "山东枣庄"}, {"hangzhou", "浙江杭州"}, {"Qing Dao", "山东青岛"}, {"xi'an", "陕西西安"},
		{"长三角", "长三角"}, {"江浙沪", "长三角"}, {"省外", "外省"}, {"外地", "市外? 外省?"}, {"县城", "县内"}, {"市里", "县外市内"}, {"省内", "市外"},
		{"韩国", "境外"}, {"国外", "境外"}, {"去新加坡打工", "境外"}, {"大湾区", "珠三角"}, {"温洲", "浙江温州"},
		// asked about
		{"suzhou", "江苏苏州? 安徽宿州?"}, {"苏州还是杭州", "江苏苏州? 浙江杭州?"},
		// no place
		{"", ""}, {"孟丽", ""}, {"昨天", ""}, {"过年", ""}, {"说不准", ""}, {"都好", ""}, {"打工", ""}, {"去", ""}, {"那边", ""}, {"年后", ""}, {"一组", ""},
	} {
		kept, several, _ := WhereTo(c.typed)
		got := kept
		for _, s := range several {
			got = strings.TrimSpace(got + " " + s + "?")
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.typed, got, c.want)
		}
	}
}

func TestPlacesInSentences(t *testing.T) {
	for _, c := range []struct{ said, place, rest string }{
		{"吴娟 昆山 昨天走", "江苏苏州", "吴娟 昨天走"},
		{"孟丽去苏州打工 年后回", "江苏苏州", "孟丽 年后回"},
		{"郭敏到上海了", "上海", "郭敏"},
		{"去苏州打工", "江苏苏州", ""},
		{"上北京", "北京", ""},
		{"上海", "", "上海"},   // may be a name: nothing stands before it
		{"李长春", "", "李长春"}, // is a name
		{"李长春 苏州", "江苏苏州", "李长春"},
		{"长春 苏州", "江苏苏州", "长春"},
		{"王海南 都好", "", "王海南 都好"},
		{"去他姨家", "", "去他姨家"},
	} {
		place, rest := placeIn(c.said)
		if place != c.place || rest != c.rest {
			t.Errorf("%q: %q and %q, want %q and %q", c.said, place, rest, c.place, c.rest)
		}
	}
}

// TestTheTableOfPlaces: every prefecture is there once, and nothing finer than
// province and city is kept.
func TestTheTableOfPlaces(t *testing.T) {
	a := readPlaces(placesText)
	kept := map[string]bool{}
	for _, k := range a.named {
		kept[k] = true
		if n := len([]rune(k)); n > 8 {
			t.Errorf("%s is more than a province and a city", k)
		}
	}
	if len(kept) < 360 || len(kept) > 420 {
		t.Errorf("%d places are kept", len(kept))
	}
	for _, p := range strings.Fields("北京 天津 上海 重庆 河北 山西 内蒙古 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西 海南 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆") {
		if a.named[p] != p {
			t.Errorf("%s is kept as %s", p, a.named[p])
		}
	}
	for name, k := range a.named {
		if strings.ContainsAny(name, "~=|: ") || slices.Contains(strings.Split(k, ""), "=") {
			t.Errorf("the table is misread at %s", name)
		}
	}
}

func FuzzPlaceIn(f *testing.F) {
	for _, s := range []string{"孟丽去苏州打工 年后回", "上海", "去", "上\xff海", "江苏江苏苏州"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kept, several, _ := WhereTo(s)
		for _, k := range append(several, kept) {
			if k != "" && !slices.Contains(slices.Collect(maps.Values(places().named)), k) {
				t.Errorf("%q: %q is not of the table", s, k)
			}
		}
		place, _ := placeIn(s)
		if place != "" && !slices.Contains(slices.Collect(maps.Values(places().named)), place) {
			t.Errorf("%q: %q is not of the table", s, place)
		}
	})
}
