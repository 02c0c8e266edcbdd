import Glibc

/// Does nothing for a while.
func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }
