// Xintiexin (心贴心) is a WeChat official-account bot for the cadres who look
// after people in China's villages, and for the residents they serve.
package main

import "xintiexin/bot/command"

func main() { command.Main() }
