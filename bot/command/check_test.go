package command

import (
	"bytes"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/health"
	"xintiexin/bot/wechat"
	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/bolt"
	"xintiexin/storage/townconfig"
)

// TestCheckup: serve -check says what works and what does not, with what to do.
func TestCheckup(t *testing.T) {
	const tokenPath = "/cgi-bin/stable_token"
	web := httptest.NewTLSServer(http.NotFoundHandler())
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	cfg := wechat.Config{AppID: "wx1234567890abcdef", Secret: "VERYSECRET", Token: "AAAAA", AESKey: strings.Repeat("a", 43), Account: "gh_1"}
	ends := web.Certificate().NotAfter
	right := townconfig.Templates{"morning": {ID: "TODO", Keys: map[string]string{"event": "thing1"}}}
	for _, c := range []struct {
		name   string
		change func(p *fake.Platform, c *health.Checkup)
		bad    int
		says   string
	}{
		{"all well", func(p *fake.Platform, c *health.Checkup) {}, 0, "证书用到"},
		{"no menu", func(p *fake.Platform, c *health.Checkup) {}, 0, "menu push"},
		{"the address is not on the list", func(p *fake.Platform, c *health.Checkup) {
			p.Fail(tokenPath, fake.Weather{Code: 40164, Msg: "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist"})
		},
			1, "微信平台不认这台服务器的地址：到公众平台 > 基本配置 > IP白名单 加上 1.2.3.4"},
		{"a wrong secret", func(p *fake.Platform, c *health.Checkup) { c.Client.Config.Secret = "x" }, 1, "AppSecret 不对"},
		{"no secret", func(p *fake.Platform, c *health.Checkup) { c.Client.Config.Secret = "" }, 1, "WECHAT_SECRET"},
		{"API signing", func(p *fake.Platform, c *health.Checkup) { p.Fail(tokenPath, fake.Weather{Code: 40234}) }, 1, "关掉“服务通信二次加密和签名”"},
		{"not certified", func(p *fake.Platform, c *health.Checkup) {
			p.Fail("/cgi-bin/template/get_all_private_template", fake.Weather{Code: 48001})
		}, 1, "认证过的服务号"},
		{"another template", func(p *fake.Platform, c *health.Checkup) {
			c.Mapped = townconfig.Templates{"morning": {ID: "OTHER"}}
		}, 1, "模板 morning 和账号里的对不上"},
		{"the platform is away", func(p *fake.Platform, c *health.Checkup) { p.Fail(tokenPath, fake.Weather{Reset: true}) }, 1, "连不上微信平台"},
		{"a certificate that ends soon", func(p *fake.Platform, c *health.Checkup) { c.Now = ends.Add(-20 * 24 * time.Hour) }, 1, "到期：换新的"},
		{"a certificate that nobody knows", func(p *fake.Platform, c *health.Checkup) { c.Roots = x509.NewCertPool() }, 1, "证书不能用"},
		{"pages in clear", func(p *fake.Platform, c *health.Checkup) { c.Address = "http://a.example" }, 1, "https://"},
		{"plain mode", func(p *fake.Platform, c *health.Checkup) { c.Client.Config.AESKey = "" }, 0, "测试号"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := func() time.Time { return ends.AddDate(0, -3, 0) }
			p := fake.New(fake.Options{Config: cfg, Now: now, Templates: []fake.Template{{ID: "TODO", Title: "x", Content: "事项：{{thing1.DATA}}"}}})
			server := httptest.NewServer(p)
			defer server.Close()
			own := cfg
			own.API = server.URL
			var out bytes.Buffer
			check := health.Checkup{Client: &wechat.Client{Config: own, Now: now}, Mapped: right, Address: web.URL, Now: now(), Roots: roots, Out: &out}
			c.change(p, &check)
			err := check.Run(t.Context())
			if check.Bad != c.bad || (err != nil) != (c.bad > 0) || !strings.Contains(out.String(), c.says) {
				t.Errorf("%d wrong, %v; want %d and %q:\n%s", check.Bad, err, c.bad, c.says, out.String())
			}
			if strings.Contains(out.String(), "VERYSECRET") || strings.Contains(out.String(), "access_token=") {
				t.Errorf("it tells a secret:\n%s", out.String())
			}
		})
	}
}

// TestServeCheck: it ends by itself and leaves no data behind.
func TestServeCheck(t *testing.T) {
	p := fake.New(fake.Options{Config: wechat.Config{AppID: "wx1", Secret: "s", Token: "AAAAA"}, Now: time.Now})
	server := httptest.NewServer(p)
	defer server.Close()
	values := map[string]string{"WECHAT_APPID": "wx1", "WECHAT_SECRET": "s", "WECHAT_TOKEN": "AAAAA", "WECHAT_API": server.URL}
	dir := t.TempDir() + "/none"
	var out bytes.Buffer
	err := serve(t.Context(), []string{"-check", "-data", dir}, func(k string) string { return values[k] }, &out, bolt.Options{}, time.Now)
	if err != nil || !strings.Contains(out.String(), "取到 access_token") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if _, err := http.Dir(dir).Open("/"); err == nil {
		t.Error("a data folder was made")
	}
}
