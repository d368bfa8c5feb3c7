package staff

import (
	"fmt"
	"strings"
	"time"

	"xintiexin/flows/dialog"
	"xintiexin/storage/calendar"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
)

// alarmWords are for who keeps the system.
func alarmWords() []dialog.Keyword {
	return []dialog.Keyword{{Text: "看系统", For: dialog.Admin, Do: alarms}}
}

// mostAlarms is how many one message names.
const mostAlarms = 6

// alarms is 看系统: what wants a person, in plain lines.
func alarms(c *dialog.Turn, _ string) (dialog.Reply, error) {
	all, err := ops.VisibleAlarms(c.Scope)
	if err != nil {
		return dialog.Reply{}, err
	}
	if len(all) == 0 {
		return dialog.Reply{Text: sayNoAlarm}, nil
	}
	lines := []string{fmt.Sprintf(sayAlarms, len(all))}
	for _, a := range all[:min(len(all), mostAlarms)] {
		lines = append(lines, fmt.Sprintf("%s起：%s", sinceWhen(a.Since), alarmLine(a)))
	}
	if len(all) > mostAlarms {
		lines = append(lines, sayMoreAlarms)
	}
	return dialog.Reply{Text: dialog.Join(lines...)}, nil
}

func sinceWhen(at int64) string {
	t := time.Unix(at, 0).In(calendar.Zone)
	_, m, d := calendar.DayOf(t).Date()
	return fmt.Sprintf("%d月%d日 %s", m, d, t.Format("15:04"))
}

// alarmLine says what is wrong and what to do.
func alarmLine(a ops.Alarm) string {
	switch a.Name {
	case "disk":
		return "盘快满了\n　腾出地方，或换大的"
	case "backup":
		return "一周多没备份了\n　照说明做一次 backup"
	case "clock":
		if a.About == "posts" {
			return "服务器的时间不准，微信的消息都收不到\n　把服务器的时间对准"
		}
		return "服务器的钟不准，提醒都停着\n　对好钟，再 jobs resume"
	case "outbox":
		return "有消息一个多小时没发出去\n　看服务器的日志"
	case "quota":
		return "今天的通知快发满了\n　满了的明天接着发"
	case "token":
		return "公众号的密钥不管用\n　对一下 AppID 和 AppSecret"
	case "address":
		if a.About != "" {
			return "公众号不认服务器的IP\n　到公众平台，把 " + a.About + " 填进去"
		}
		return "公众号不认服务器的IP\n　到公众平台，把IP填进去"
	case "signing":
		return "公众号的接口要签名才能用\n　到公众平台，关掉“服务通信二次加密和签名”"
	case "template":
		return "有个通知模板用不了\n　编号开头 " + dialog.FirstOf(a.About, 8) + "，对一下"
	case "platform":
		return "公众号有接口没开通\n　代码 " + a.About + "，到公众平台看"
	case "job":
		return "到点要做的事没做成\n　" + a.About + "，用 jobs 看"
	case "notice":
		return "有的通知写不进模板\n　看服务器的日志"
	case "form":
		return "表单“" + dialog.FirstOf(a.About, 12) + "”有格算不出来\n　看日志，改好再上线"
	case "certificate":
		return strings.TrimRight("公众号认证要续 "+a.About, " ") + "\n　过期就发不了通知"
	}
	return "要看日志：" + a.Name
}

// alarmNotice is the word to an administrator: a count, and what to send back.
func alarmNotice(d outbox.Delivery) dialog.Words {
	if d.Kind != "alarm_note" {
		return dialog.Words{}
	}
	at := time.Unix(d.Booked, 0).In(calendar.Zone)
	event := fmt.Sprintf("系统有%s件事要看", d.Facts["count"])
	return dialog.Words{Text: event + "，请回复 看系统", Fields: map[string]string{"event": event, "time": at.Format("2006年1月2日 15:04"),
		"date": at.Format("2006年1月2日"), "remark": "请回复 看系统", "count": d.Facts["count"]}}
}
