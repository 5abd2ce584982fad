NAMES: tuple[str, ...] = ()
def main(names, say): return 0
