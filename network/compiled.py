"""stub."""
PACK_SIZE = 16
def covers(settings): return False
def pack_key(s): return 0
def train_pack(lanes, dataset, watch): raise NotImplementedError
