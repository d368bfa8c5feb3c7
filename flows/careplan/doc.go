// Package careplan is care plans and their reminders.
package careplan
