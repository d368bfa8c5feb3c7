package simulator

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"xintiexin/bot/wechat/fake"
)

// fault is what WeChat shows when an account's server does not answer well.
const fault = "该公众号提供的服务出现故障，请稍后再试"

// unsupported is the text as which a sticker arrives at an account.
const unsupported = "【收到不支持的消息类型，暂无法显示】"

// driver plays the phones through the webhook.
func (s *Simulator) driver() *fake.Driver {
	return &fake.Driver{Platform: s.Platform, Handler: s.Webhook, URL: "/wechat"}
}

// hear has something said to the bot and shows what it answers. A bot that
// fails is no error of the simulator's: the phone shows it, as WeChat does.
func (s *Simulator) hear(ctx context.Context, p Persona, say func(*fake.Driver) (fake.Answer, error)) error {
	text, err := s.say(say)
	switch {
	case err != nil:
		s.remark(p, fault)
	case text != "":
		s.show(message{Who: p.OpenID, At: s.Clock.Now().UnixMilli(), Kind: kindText, Parts: parts(text)})
	}
	return s.Finish(ctx)
}

// tell has something said to which nobody hears an answer.
func (s *Simulator) tell(ctx context.Context, say func(*fake.Driver) (fake.Answer, error)) error {
	_, _ = s.say(say) // logged there
	return s.Finish(ctx)
}

// say returns what the bot answers. The error is logged already.
func (s *Simulator) say(say func(*fake.Driver) (fake.Answer, error)) (string, error) {
	answer, err := say(s.driver())
	if err == nil && answer.Status != http.StatusOK {
		err = fmt.Errorf("status %d", answer.Status)
	}
	if err != nil {
		s.log().Error("the bot did not answer", "err", err)
	}
	return answer.Text, err
}

// Finish posts to the webhook how the template messages sent so far fared. It
// is done after each act and move; a Clock that plays many jobs, and whoever
// sends at other times, calls it too. The error is that of reaching the
// webhook; what is left is posted next time.
func (s *Simulator) Finish(ctx context.Context) error {
	_, err := s.driver().Finish(ctx)
	s.mu.Lock()
	s.changed() // a quota has, even if there was no answer
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("post results of template messages: %w", err)
	}
	return nil
}

// opened says that a page was opened from the menu.
func opened(d *fake.Driver, openid, address string) (fake.Answer, error) {
	var field strings.Builder
	field.WriteString("<EventKey>")
	_ = xml.EscapeText(&field, []byte(address)) // a Builder takes everything
	field.WriteString("</EventKey>")
	return d.Event(openid, "VIEW", field.String())
}
