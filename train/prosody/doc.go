// Package prosody is the referee of Tang quatrains: it knows the tones and rhymes of
// characters and judges by the rules that the poets followed. In the demo it plays the people
// who rank a model's answers.
//
// A poem is four lines of five characters or four of seven, without punctuation, as
// package poems has them. The referee looks at
//
//   - regulated verse: where tones must change, agree and rhyme (Regulated);
//   - themes: whether the poem speaks of what was asked (Themes, Hit);
//   - novelty: what is copied from the poems a model learned from (Corpus);
//   - repetition: characters that come more than once;
//
// and weighs them into one score (Referee.Judge). Summarize puts the figures of many poems
// together, with their confidence intervals.
//
// Everything here may be used by many goroutines at once.
package prosody
