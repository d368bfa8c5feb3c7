package bot_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"xintiexin/bot/wechat/fake"
	"xintiexin/storage/dialogstate"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// scrape asks for the metrics as Prometheus does, and returns those of ours.
func scrape(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	res, err := http.Get(server.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
	var ours []string
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "xintiexin_") {
			ours = append(ours, l)
		}
	}
	return strings.Join(ours, "\n")
}

// TestMetrics: what was done is counted, and nothing in it is anybody's.
func TestMetrics(t *testing.T) {
	r, w, free := watched(t)
	r.withTemplates()
	r.says(wang, "今日")
	r.driver.Voice(wang)
	r.driver.Event(mengli, "some_new_event", "")
	r.pushes("one") // by customer message
	r.update(func(tx *record.Tx) error {
		s, err := dialogstate.Load(tx, wang)
		if err != nil {
			return err
		}
		s.Left = 0
		return dialogstate.Put(tx, wang, s)
	})
	r.pushes("two")
	r.platform.Fail(templatePath, fake.Weather{Code: 47003})
	r.pushes("three")
	if _, err := r.driver.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.owe("later", "morning", "c:wangguiying", "")
	r.clock.add(time.Minute)
	r.update(func(tx *record.Tx) error {
		_, err := outbox.Enqueue(tx, outbox.Delivery{Cause: "tomorrow", Kind: "morning", To: "c:wangguiying", Earliest: r.clock.Now().Add(time.Hour).Unix()})
		return errors.Join(err, ops.PutJobRun(tx, ops.JobRun{Name: "sweep", Last: 1000, Err: "no"}))
	})
	r.bot.Metrics.Ran("sweep", 2*time.Second, errors.New("no"))
	*free = 1
	r.look(w)
	got := scrape(t, r.bot.Metrics.Handler())
	for _, want := range []string{
		`xintiexin_inbound_total{kind="text"} 1`,
		`xintiexin_inbound_total{kind="voice"} 1`,
		`xintiexin_inbound_total{kind="other"} 1`,
		`xintiexin_inbound_total{kind="event templatesendjobfinish"} 1`,
		`xintiexin_answer_seconds_count 4`,
		`xintiexin_results_total{channel="customer",code="0",kind="morning",outcome="accepted"} 1`,
		`xintiexin_results_total{channel="template",code="0",kind="morning",outcome="accepted"} 1`,
		`xintiexin_results_total{channel="template",code="47003",kind="morning",outcome="no channel"} 1`,
		`xintiexin_reports_total{status="delivered"} 1`,
		`xintiexin_outbox_deliveries{hour="due"} 2`, // with the administrator's word
		`xintiexin_outbox_deliveries{hour="later"} 1`,
		`xintiexin_outbox_oldest_due_seconds 60`,
		`xintiexin_job_last_run_timestamp_seconds{job="sweep"} 1000`,
		`xintiexin_job_failing{job="sweep"} 1`,
		`xintiexin_job_failures_total{job="sweep"} 1`,
		`xintiexin_job_duration_seconds{job="sweep"} 2`,
		`xintiexin_alarms{name="disk"} 1`,
		`xintiexin_store_up 1`,
	} {
		if !strings.Contains(got+"\n", want+"\n") {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if found := regexp.MustCompile(`\p{Han}|` + wang + `|` + mengli + `|wangguiying|` + account.AppID).FindString(got); found != "" {
		t.Errorf("the metrics hold %q", found)
	}
}
