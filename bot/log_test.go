package bot_test

import (
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/kv"
)

// TestLogIsSilent: over a whole conversation with all that can go wrong, no
// line of the log holds words that were said, an openid, an address or a secret.
func TestLogIsSilent(t *testing.T) {
	var failing atomic.Value
	failing.Store("")
	r := newRig(t, func(s kv.Store) kv.Store {
		bad := func(key []byte) error {
			switch which := failing.Load().(string); {
			case which == "" || !strings.HasPrefix(string(key), which):
				return nil
			case which == "undo/":
				panic("broken at " + string(key))
			}
			return kv.ErrFull
		}
		return &wrapped{Store: s, put: bad, get: bad}
	})
	r.withTemplates()
	d := r.driver
	var said []string
	hears := func(a fake.Answer, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if a.Text != "" {
			said = append(said, a.Text)
		}
	}
	says := func(words string, o ...fake.Option) {
		t.Helper()
		said = append(said, words)
		hears(d.Text(wang, words, o...))
	}
	for _, words := range []string{"走访 高霞", "需要帮助", "问低保金怎么还没到账", "保存", "今日", "查人 王秀兰", "1", "外出 吴娟 昆山", "取消", "看不懂的一句闲话"} {
		says(words)
	}
	hears(d.Voice(wang))
	hears(d.Location(wang, 36.1, 118.2, "甲村二组老槐树下"))
	said = append(said, "甲村二组老槐树下")
	hears(d.Follow(mengli, "bind_4829130725"))
	hears(d.Click(wang, "今日"))
	hears(d.Unfollow(mengli))
	// Who is not the platform.
	says("偷看一句", fake.Unsigned())
	says("旧的一句", fake.Stale(time.Hour))
	says("不加密的一句", fake.As(fake.Plain))
	says("太长的一句", fake.Oversized(1<<20))
	hears(d.Raw("<xml><Content>坏掉的一句</Content>"))
	said = append(said, "坏掉的一句")
	// What fails inside.
	for _, which := range []string{"session/", "link/", "receipt/", "undo/"} {
		says("走访 高霞")
		says("都好")
		failing.Store(which)
		says("保存")
		failing.Store("")
		says("保存")
	}
	// What fails outside.
	for i, w := range []fake.Weather{{Code: 40001}, {Code: 40037}, {Code: 43004}, {Code: 47003}, {Lost: true}, {Reset: true}, {HTTP: 500}, {HTTP: 404}} {
		r.platform.Fail(templatePath, w, w)
		r.platform.Fail(customPath, w, w)
		r.owe("d"+string(rune('0'+i)), "morning", "c:wangguiying", "")
		r.push()
		r.clock.add(31 * time.Minute) // past the wait for a person
		r.push()
	}
	r.bot.Wait()
	lines := r.log.lines()
	if len(lines) < 15 {
		t.Fatalf("only %d lines were logged: %q", len(lines), lines)
	}
	log := strings.Join(lines, "\n")
	never := []string{wang, mengli, account.Secret, account.Token, account.AESKey, "oShi_", "signature=", "timestamp=", "nonce=", "msgmenu", "gh_0123456789ab"}
	for _, s := range said {
		for l := range strings.SplitSeq(s, "\n") {
			if len([]rune(l)) > 1 {
				never = append(never, l)
			}
		}
	}
	for _, s := range never {
		if i := strings.Index(log, s); i >= 0 {
			t.Errorf("the log holds %q: …%.200s", s, log[max(0, i-120):])
		}
	}
	if m := regexp.MustCompile(`access_token|[?&][a-z_]+=|\p{Han}`).FindString(log); m != "" {
		t.Errorf("the log holds %q", m)
	}
}
