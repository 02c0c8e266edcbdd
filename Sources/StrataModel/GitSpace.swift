/// Whether git's own `isspace` says so: blank, tab, line feed, carriage return.
package func isGitSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d }
