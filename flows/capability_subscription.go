package flows

// subscriptionCapability: what waits for the next answer, and the page of WeChat's
// notices, offered where something was promised.
func subscriptionCapability() Capability {
	return Capability{Name: "subscription",
		Words: subscriptionWords(),
		Finish: func(c *chat, r *Reply) error {
			if err := c.headWithOwed(r); err != nil {
				return err
			}
			return c.offerNotices(r)
		},
	}
}
