package health

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"xintiexin/bot"
	"xintiexin/bot/wechat"
	"xintiexin/storage/townconfig"
)

// Checkup tries the settings out against the platform, for serve -check: it prints
// what works and what does not, in Chinese, with what to do.
type Checkup struct {
	Client  *wechat.Client       `json:"-"`
	Mapped  townconfig.Templates `json:"-"`
	Address string               `json:"-"` // of the pages, "" for none
	Now     time.Time            `json:"-"`
	Roots   *x509.CertPool       `json:"-"` // nil: the system's
	Out     io.Writer            `json:"-"`
	Bad     int                  `json:"-"`
}

func (c *Checkup) good(format string, args ...any) {
	fmt.Fprintf(c.Out, "好　　%s\n", fmt.Sprintf(format, args...))
}

func (c *Checkup) wrong(format string, args ...any) {
	c.Bad++
	fmt.Fprintf(c.Out, "不行　%s\n", fmt.Sprintf(format, args...))
}

func (c *Checkup) note(format string, args ...any) {
	fmt.Fprintf(c.Out, "提醒　%s\n", fmt.Sprintf(format, args...))
}

// Run tries everything. It returns an error when something does not work.
func (c *Checkup) Run(ctx context.Context) error {
	c.mode()
	if !c.Client.Config.Calls() {
		c.wrong("没有填 WECHAT_SECRET：能回消息，不能主动发。到微信开发者平台的服务号页面取")
	} else if c.token(ctx) {
		c.templates(ctx)
		c.menu(ctx)
	}
	c.certificate(ctx)
	if c.Bad > 0 {
		return fmt.Errorf("%d of the checks failed", c.Bad)
	}
	return nil
}

func (c *Checkup) mode() {
	switch cfg := c.Client.Config; {
	case cfg.AESKey == "":
		c.note("消息不加密（没有填 WECHAT_AES_KEY）：只有测试号才这样用")
	default:
		c.good("消息加密（安全模式）")
	}
	if c.Client.Config.Account == "" {
		c.note("没有填 WECHAT_ACCOUNT（原始ID，gh_ 开头）")
	}
}

// token asks for the access token, and with it for the addresses of the platform's
// API: both tell whether this server's address is on the allow list.
func (c *Checkup) token(ctx context.Context) bool {
	n, err := c.Client.Addresses(ctx)
	if err != nil {
		c.wrong("取 access_token：%s", advice(err))
		return false
	}
	c.good("取到 access_token，微信平台认这台服务器的地址；平台的接口地址有%d个", n)
	return true
}

// templates tells by the account's templates whether it is a certified service
// account, and whether the mapped ones are its own.
func (c *Checkup) templates(ctx context.Context) {
	owned, err := c.Client.Templates(ctx)
	var e *wechat.Error
	switch {
	case errors.As(err, &e) && e.Code == 48001:
		c.wrong("账号没有模板消息：要认证过的服务号，到公众平台看认证到期没有")
		return
	case err != nil:
		c.wrong("取模板列表：%s", advice(err))
		return
	}
	c.good("账号能发模板消息（认证的服务号），有%d个模板", len(owned))
	for _, kind := range slices.Sorted(maps.Keys(c.Mapped)) {
		wrong := bot.Lacking(townconfig.Templates{kind: c.Mapped[kind]}, owned)
		if len(wrong) == 0 {
			c.good("模板 %s 和账号里的对得上", kind)
			continue
		}
		c.wrong("模板 %s 和账号里的对不上：照公众平台“模板消息”里的编号和关键词改设置（%s）", kind, wrong[0].Detail)
	}
	if len(c.Mapped) == 0 {
		c.note("设置里没有填模板：提醒会等到对方下次来消息时再说，或用镇上的表设")
	}
}

func (c *Checkup) menu(ctx context.Context) {
	set, err := c.Client.HasMenu(ctx)
	var some []wechat.ConditionalMenu
	if err == nil {
		some, err = c.Client.Menus(ctx)
	}
	switch {
	case err != nil:
		c.wrong("取菜单：%s", advice(err))
	case !set:
		c.note("还没有菜单：运行 xintiexin menu push")
	default:
		c.good("有菜单，另有%d个是给工作人员的", len(some))
	}
}

// soon is how long before its end a certificate is warned of.
const soon = 21 * 24 * time.Hour

func (c *Checkup) certificate(ctx context.Context) {
	u, err := url.Parse(c.Address)
	switch {
	case c.Address == "" || err != nil:
		c.note("没有填 XINTIEXIN_URL：不发网页链接")
		return
	case u.Scheme != "https":
		c.wrong("XINTIEXIN_URL 不是 https:// 开头：装好证书再改")
		return
	}
	end, err := certificateEnd(ctx, u, c.Roots)
	switch left := end.Sub(c.Now); {
	case err != nil:
		c.wrong("网址 %s 的证书不能用：%v", u.Host, err)
	case left < soon:
		c.wrong("网址 %s 的证书%s到期：换新的", u.Host, end.Format("2006年1月2日"))
	default:
		c.good("网址 %s 的证书用到%s", u.Host, end.Format("2006年1月2日"))
	}
}

// certificateEnd is when the certificate of a web server ends, or why it is not one
// that phones accept.
func certificateEnd(ctx context.Context, u *url.URL, roots *x509.CertPool) (time.Time, error) {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: &tls.Config{RootCAs: roots, ServerName: u.Hostname()}}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return time.Time{}, err
	}
	defer conn.Close()
	tlsConn, ok := conn.(*tls.Conn)
	if !ok || len(tlsConn.ConnectionState().PeerCertificates) == 0 {
		return time.Time{}, errors.New("no certificate")
	}
	return tlsConn.ConnectionState().PeerCertificates[0].NotAfter, nil
}

// advice says what an error of the API is, and what to do about it.
func advice(err error) string {
	var e *wechat.Error
	if !errors.As(err, &e) {
		return "连不上微信平台：看这台服务器能不能访问 api.weixin.qq.com（443端口）"
	}
	switch e.Code {
	case 40164:
		return "微信平台不认这台服务器的地址：到公众平台 > 基本配置 > IP白名单 加上 " + cmp.Or(e.Address(), "这台服务器的地址")
	case 89503, 89506, 89507:
		return "要管理员在手机上确认这台服务器的地址，确认后过一会儿再试"
	case 40013:
		return "AppID 不对：对一下 WECHAT_APPID"
	case 40001, 40125, 41002, 41004:
		return "AppSecret 不对：对一下 WECHAT_SECRET，忘了就到微信开发者平台重置"
	case 40243:
		return "AppSecret 被冻结：到微信开发者平台解冻"
	case 40234, 40235:
		return "接口签名开着：到微信开发者平台关掉“服务通信二次加密和签名”"
	case 48001:
		return "这个接口没有开通：到公众平台看接口权限，多数要认证的服务号"
	case 45009, 45011:
		return "今天或这一分钟调用得太多：等一等再试"
	}
	return strings.TrimSpace(fmt.Sprintf("微信平台回了代码 %d（%s），见 docs/codes.md", e.Code, e.Rule().Means))
}
