package answer_test

import (
	"strings"
	"testing"

	"xintiexin/flows/answer"
)

func TestDecides(t *testing.T) {
	for _, row := range []struct {
		means answer.Verdict
		said  string
	}{
		{answer.Yes, "来|去|去哩|俺一定到|一定去|准时到|好 来|来来|来 俺对象也来|好的，一定到|俺俩都去|我会去的|明天去|到时候来"},
		{answer.Noted, "好的|收到|知道了|行|嗯嗯|OK|好，知道了"},
		{answer.No, "不去了 活忙|俺不去了|明天不去了|去不成了|去不了|来不了|来不了了|有事来不了|不来啦|没空|帮我退了|明天下雨 不想去了|不能去了|走不开|赶不回来，去不了|不去行不|退了吧|先不去了"},
		{answer.OtherDay, "改天吧 那天有事|换个日子|改改日子|改天|能不能换个时间|过几天再去|改天，来不了"},
		{answer.Unclear, "来不来|不能不去|不用改|不退|来不来都行|几点到|去哪|来娣|高兴|来了咋办|去吗|有事|来，不去了|去苏州了|到郑州打工|好多人去不|不是不去|俺闺女来例假了|要不要钱|没空调|来福|去年来过"},
	} {
		for said := range strings.SplitSeq(row.said, "|") {
			if got := answer.Decides(said); got != row.means {
				t.Errorf("%q: %v, want %v", said, got, row.means)
			}
		}
	}
}

func TestAgrees(t *testing.T) {
	for _, row := range []struct {
		means answer.Verdict
		said  string
	}{
		{answer.Yes, "对|对的|是的|嗯|好吧|行|中|可以|OK|要|好的好的"},
		{answer.No, "不|不了|不用|不用了|先不|不行|留着吧|算了吧|别了"},
		{answer.Unclear, "对象|好几天了|行不行|不行不行不行咋办|要不|好人|中午|留着给俺娘|高兴|不知道|没有空"},
	} {
		for said := range strings.SplitSeq(row.said, "|") {
			if got := answer.Agrees(said); got != row.means {
				t.Errorf("%q: %v, want %v", said, got, row.means)
			}
		}
	}
}
