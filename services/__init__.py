"""The five services of Bản Tin. Each owns its data and imports only itself and ``shared``."""
