package pinyin_test

import (
	"strings"
	"testing"

	"xintiexin/storage/pinyin"
)

func TestPinyinOfNames(t *testing.T) {
	for in, want := range map[string]string{
		"王桂英": "wang gui ying", "单小梅": "shan xiao mei", "曾芳": "zeng fang", "解放": "xie fang", "仇英": "qiu ying", "查良": "zha liang", "区东": "ou dong",
		"朴实": "piao shi", "任强": "ren qiang", "盖丽": "ge li", "缪红": "miao hong", "简单": "jian dan", "小燕abc12": "xiao yan abc12", "a b": "a b",
		"吕芬": "lv fen", "": "", "，。": "",
	} {
		if got := strings.Join(pinyin.Syllables(in, true), " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"王桂英": "wgy", "单丽": "sl", "吕芬": "lf", "": "", "郭敏2": "gm2"} {
		if got := pinyin.Initials(pinyin.Syllables(in, true)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
