"""How people update beliefs about their future after good and bad news: trials, models, effects."""
