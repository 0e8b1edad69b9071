"""An encoder that is tuned until texts of one class lie together: few labels suffice."""
