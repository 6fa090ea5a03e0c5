//! Shapes: what keys a map may have, checked with all mistakes at once.
