package bot

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"xintiexin/bot/wechat"
	"xintiexin/storage/ops"
	"xintiexin/storage/outbox"
	"xintiexin/storage/record"
)

// Metrics counts what the bot does, for Prometheus. Its labels are kinds,
// channels, outcomes, codes and names of jobs and alarms: nothing of a person.
// A nil one counts nothing.
type Metrics struct {
	registry *prometheus.Registry
	inbound  *prometheus.CounterVec
	latency  prometheus.Histogram
	late     prometheus.Counter
	results  *prometheus.CounterVec
	reports  *prometheus.CounterVec
	took     *prometheus.GaugeVec
	failures *prometheus.CounterVec
}

// NewMetrics returns the metrics of a store; what stands in it is read when they
// are asked for. size returns the bytes of its file; nil where there is none.
func NewMetrics(store *record.Store, now func() time.Time, size func() (int64, error)) *Metrics {
	name := func(n, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "xintiexin", Name: n, Help: help}
	}
	counter := func(n, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts(name(n, help)), labels)
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		inbound:  counter("inbound_total", "Messages and events that the platform posted.", "kind"),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "xintiexin", Name: "answer_seconds",
			Help: "Time until a message was answered.", Buckets: []float64{.005, .01, .02, .05, .1, .2, .5, 1, 2, 4, 8, 16}}),
		late:     prometheus.NewCounter(prometheus.CounterOpts(name("answers_late_total", "Answers that the platform did not wait for."))),
		results:  counter("results_total", "What became of sending, by kind of delivery, channel and the platform's code.", "kind", "channel", "outcome", "code"),
		reports:  counter("reports_total", "What the platform reported of template messages and subscription notices that it had taken.", "status"),
		took:     prometheus.NewGaugeVec(prometheus.GaugeOpts(name("job_duration_seconds", "Duration of a job's last run.")), []string{"job"}),
		failures: counter("job_failures_total", "Runs of a job that failed.", "job"),
	}
	m.registry.MustRegister(m.inbound, m.latency, m.late, m.results, m.reports, m.took, m.failures,
		&kept{store: store, now: now, size: size},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics; those of a nil one are not found.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// kinds are those of what the platform posts; one that is not known is "other".
var kinds = []string{"text", "image", "voice", "video", "shortvideo", "location", "link", "file", "miniprogrampage",
	"event subscribe", "event unsubscribe", "event scan", "event click", "event view", "event templatesendjobfinish",
	"event subscribe_msg_popup_event", "event subscribe_msg_change_event", "event subscribe_msg_sent_event",
	"event user_info_modified", "event user_authorization_revoke", "event user_authorization_cancellation", "event annual_renew", "event verify_expired", "event location"}

// known is what kind of message it is, as metrics and the log have it.
func known(m wechat.Message) string {
	kind := m.Type
	if m.Event != "" {
		kind += " " + m.Event
	}
	if !slices.Contains(kinds, kind) {
		kind = "other"
	}
	return kind
}

// received counts a message.
func (m *Metrics) received(in wechat.Message) {
	if m != nil {
		m.inbound.WithLabelValues(known(in)).Inc()
	}
}

// answered counts an answer with the time it took.
func (m *Metrics) answered(took time.Duration) {
	if m != nil {
		m.latency.Observe(took.Seconds())
	}
}

// tooLate counts an answer that the platform did not wait for.
func (m *Metrics) tooLate() {
	if m != nil {
		m.late.Inc()
	}
}

// reported counts what the platform said of a message that it had taken.
func (m *Metrics) reported(status string) {
	if m != nil {
		m.reports.WithLabelValues(status).Inc()
	}
}

// Ran counts a run of a job.
func (m *Metrics) Ran(job string, took time.Duration, err error) {
	m.took.WithLabelValues(job).Set(took.Seconds())
	failed := m.failures.WithLabelValues(job)
	if err != nil {
		failed.Inc()
	}
}

// outcomes are the names of what became of a sending.
var outcomes = map[outbox.Outcome]string{outbox.Accepted: "accepted", outbox.Retry: "retry", outbox.NoChannel: "no channel",
	outbox.Refused: "refused", outbox.Unsure: "unsure", outbox.Stopped: "stopped"}

// Counted is a bot whose sendings are counted.
type Counted struct {
	*Bot
	Metrics *Metrics
}

// Send gives a delivery to the platform (Bot.Send) and counts what became of it.
func (c Counted) Send(ctx context.Context, d outbox.Delivery, p outbox.Route) outbox.Result {
	r := c.Bot.Send(ctx, d, p)
	c.Metrics.results.WithLabelValues(d.Kind, p.Channel, outcomes[r.Outcome], strconv.Itoa(r.Code)).Inc()
	return r
}

// kept reads what stands in the store.
type kept struct {
	store *record.Store
	now   func() time.Time
	size  func() (int64, error)
}

var (
	descDepth    = prometheus.NewDesc("xintiexin_outbox_deliveries", "Deliveries that wait in the outbox, due now or later; 20000 are that or more.", []string{"hour"}, nil)
	descOldest   = prometheus.NewDesc("xintiexin_outbox_oldest_due_seconds", "How long the delivery has waited that was due first; 0 when none is due.", nil, nil)
	descLastRun  = prometheus.NewDesc("xintiexin_job_last_run_timestamp_seconds", "For when a job last ran.", []string{"job"}, nil)
	descFailing  = prometheus.NewDesc("xintiexin_job_failing", "1 while a job's last run has failed.", []string{"job"}, nil)
	descAlarms   = prometheus.NewDesc("xintiexin_alarms", "Things that want a person.", []string{"name"}, nil)
	descBytes    = prometheus.NewDesc("xintiexin_store_bytes", "Size of the store's file.", nil, nil)
	descReadable = prometheus.NewDesc("xintiexin_store_up", "1 when the store could be read.", nil, nil)
)

// mostDeep is how far the outbox is counted.
const mostDeep = 20_000

// Describe names what Collect tells.
func (k *kept) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descDepth, descOldest, descLastRun, descFailing, descAlarms, descBytes, descReadable} {
		out <- d
	}
}

// Collect tells what stands in the store now.
func (k *kept) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var (
		due, later int
		wait       time.Duration
		runs       []ops.JobRun
		stand      []ops.Alarm
	)
	now := k.now()
	err := k.store.View(ctx, func(tx *record.Tx) (err error) {
		wait = 0
		if due, later, err = ops.OutboxDepth(tx, now, mostDeep); err != nil {
			return err
		}
		at, ok, err := ops.OldestDue(tx, now)
		if err != nil {
			return err
		}
		if ok {
			wait = now.Sub(at)
		}
		if runs, err = ops.JobRuns(tx); err != nil {
			return err
		}
		stand, err = ops.OpenAlarms(tx)
		return err
	})
	if err != nil {
		gauge(descReadable, 0)
		return
	}
	gauge(descReadable, 1)
	gauge(descDepth, float64(due), "due")
	gauge(descDepth, float64(later), "later")
	gauge(descOldest, wait.Seconds())
	for _, r := range runs {
		if r.Last != 0 {
			gauge(descLastRun, float64(r.Last), r.Name)
		}
		failed := 0.0
		if r.Err != "" {
			failed = 1
		}
		gauge(descFailing, failed, r.Name)
	}
	count := map[string]int{}
	for _, a := range stand {
		count[a.Name]++
	}
	for name, n := range count {
		gauge(descAlarms, float64(n), name)
	}
	if k.size != nil {
		if n, err := k.size(); err == nil {
			gauge(descBytes, float64(n))
		}
	}
}
