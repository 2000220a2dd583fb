#pragma once
// One screen for the night, drawn from an engine's answer to op "status". Whatever the terminal's
// size: what matters most comes first, the rest says how much of it isn't shown.

#include "app/status_view.h"
#include "app/term_screen.h"

#define TOP_HEIGHT_ONCE 200  // Printed: as many lines as there are.

// `chinese`: the screen's own words. `trouble`: what is wrong with the connection, "" for nothing;
// the answer is then an old one.
void top_draw(const struct json_node *answer, const char *trouble, bool chinese,
              struct canvas *canvas);
