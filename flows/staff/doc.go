// Package staff is the menus, the office's page, alarms and the month.
package staff
