package settings

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"xintiexin/bot/wechat"
)

// PushRate is the setting of how many messages a second are pushed at most.
const PushRate = "XINTIEXIN_PUSH_RATE"

// PagesURL is the setting that says under which address people reach this
// server's pages; without it none are served, and the bot says so.
const PagesURL = "XINTIEXIN_URL"

// settingNames are the settings that serve knows.
var settingNames = [...]string{"WECHAT_APPID", "WECHAT_SECRET", "WECHAT_TOKEN", "WECHAT_AES_KEY", "WECHAT_PREVIOUS_AES_KEY", "WECHAT_ACCOUNT", "WECHAT_API",
	"WECHAT_TEMPLATE_MORNING", "WECHAT_TEMPLATE_VISIT_EVE", "WECHAT_TEMPLATE_RECORDED", forwardedBy, "WECHAT_TOKEN_URL", PagesURL, PushRate}

// forwardedBy is the setting that says that another server stands in front, whose
// account this is.
const forwardedBy = "WECHAT_FORWARDED"

// Forwarded reads it.
func Forwarded(get func(string) string) (bool, error) {
	switch get(forwardedBy) {
	case "", "no":
		return false, nil
	case "yes":
		return true, nil
	}
	return false, fmt.Errorf("settings: %s wants yes or no", forwardedBy)
}

// Read reads KEY=VALUE lines of a file, over which the environment goes.
func Read(file string, env func(string) string) (func(string) string, error) {
	values, err := SettingsFile(file)
	if err != nil {
		return nil, err
	}
	return func(k string) string {
		if v := env(k); v != "" {
			return v
		}
		return values[k]
	}, nil
}

// SettingsFile reads a file of settings; none has none.
func SettingsFile(file string) (map[string]string, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("settings %s, line %d: no '='", file, n)
		}
		values[strings.TrimSpace(k)] = strings.Trim(strings.TrimSpace(v), `"'`)
	}
	return values, nil
}

// Warnings are what is likely to be wrong with the settings though serve can start
// with them, one line each with what to do.
func Warnings(file map[string]string, cfg wechat.Config, behind bool, address, listen string) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(file)) {
		if !slices.Contains(settingNames[:], name) {
			lines = append(lines, fmt.Sprintf("the setting %s is not known: look for a misspelling, or take the line out", name))
		}
	}
	if cfg.AESKey == "" && !behind { // who is behind another server has an address that nobody else knows
		lines = append(lines, "WECHAT_AES_KEY is not set: messages are not encrypted, and who sees one address can write in somebody's name for 10 minutes. Choose 安全模式 on the developer page and set the key; only the platform's test account has none")
	}
	if strings.HasPrefix(address, "http://") {
		lines = append(lines, PagesURL+" begins with http://: what people read on the pages can be read on the way. Set up a certificate and write https://")
	}
	if host, _, err := net.SplitHostPort(listen); err == nil && anyAddress(host) {
		lines = append(lines, "-listen takes calls on all addresses of this machine, without HTTPS: write -listen 127.0.0.1:PORT and let the web server pass them on")
	}
	return lines
}

// anyAddress reports whether a host to listen on means all of a machine's.
func anyAddress(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

// Account reads the account's settings.
func Account(get func(string) string) wechat.Config {
	return wechat.Config{
		AppID: get("WECHAT_APPID"), Secret: get("WECHAT_SECRET"), Token: get("WECHAT_TOKEN"),
		AESKey: get("WECHAT_AES_KEY"), PreviousAESKey: get("WECHAT_PREVIOUS_AES_KEY"),
		Account: get("WECHAT_ACCOUNT"), API: get("WECHAT_API"), TokenURL: get("WECHAT_TOKEN_URL"),
	}
}
