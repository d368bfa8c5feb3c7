// Package deliverykinds says of each kind of delivery what holds for it alone: whether it is still true,
// how it is made ready to be sent, what a sending costs.
package deliverykinds
