// Package poet turns Tang quatrains into training rows and measures what a model has
// learned of them.
//
// A poem is one row of tokens, a character each:
//
//	<none> <none> <7> 故 人 西 辭 黃 鶴 樓 ， 煙 花 三 月 下 揚 州 。 …
//
// Two places for themes (empty while a model only learns to recite), the form (characters a
// line), then four lines with their punctuation. Rows of one form have one length, so
// batches need no padding. The loss counts from the first character of the poem on.
//
// The couplets that end famous poems also come alone, without anything before them, as
// people quote them:
//
//	舉 頭 望 山 月 ， 低 頭 思 故 鄉 。
package poet
