// Package jinja renders chat templates, which are written in the template language Jinja: as
// much of it as templates for chats use, with the white-space rules that Hugging Face's
// libraries set (trim_blocks and lstrip_blocks).
//
// Two things are its own. A rendered text knows of each character whether the template wrote
// it or which of the values it was given (see Text), so that nothing in a user's message can
// pass for part of the template. And a template is not trusted: what it may compute and how
// deep it may nest is bounded, so that every Render ends, soon, with a text or an error.
package jinja
