// Package calls keeps who is to be rung, why, by whom, and how a call ended.
package calls
