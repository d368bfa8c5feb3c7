package town

import (
	"math/rand/v2"
	"strings"
)

// How messages come in (domain.md 7.4).
const (
	shareNoise      = 0.25 // typos, homophones, dictation, mixed digits
	shareElsewhere  = 0.05 // of visits: a name of another village
	shareTwice      = 0.03 // delivered twice by the platform
	shareMissed     = 0.08 // of bookings: nobody comes
	shareReschedule = 0.15 // of bookings
	shareWithdraw   = 0.10 // of people a year: one consent
)

// sounds are words that sound alike, as dictation and pinyin keyboards mix them up.
var sounds = strings.NewReplacer("约号", "月号", "走访", "走仿", "返乡", "反乡", "外出", "外初", "改期", "该期", "今日", "今曰",
	"可领", "可另", "签收", "千收", "都好", "都号", "同意", "同义", "保存", "保村", "电话", "电画", "讲堂", "讲唐")

var (
	wide    = strings.NewReplacer("0", "０", "1", "１", "2", "２", "3", "３", "4", "４", "5", "５", "6", "６", "7", "７", "8", "８", "9", "９")
	spelled = strings.NewReplacer("1", "一", "2", "二", "3", "三", "4", "四", "5", "五", "6", "六", "7", "七", "8", "八")
)

// noisy is a text as it is really typed or dictated; often it is the text itself.
func noisy(rng *rand.Rand, text string) string {
	if rng.Float64() >= shareNoise {
		return text
	}
	switch rng.IntN(6) {
	case 0:
		return sounds.Replace(text)
	case 1:
		return text + pick(rng, []string{"。", "，", "啊", "吧", " "})
	case 2:
		return pick(rng, []string{"嗯，", "那个，", " "}) + text
	case 3:
		return wide.Replace(text)
	case 4:
		if len(text) == 1 {
			return spelled.Replace(text)
		}
		return strings.ReplaceAll(text, " ", "")
	}
	r := []rune(text) // a key struck twice
	at := rng.IntN(len(r))
	return string(r[:at+1]) + string(r[at:])
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
