import StrataModel

/// The form of reflog messages: one line. Git's function: `normalize_reflog_message`.
public enum ReflogMessage {
    /// `message`, up to a NUL if there is one, with every run of white space made one space and none at the ends.
    public static func normalize(_ message: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(message.count)
        var pendingSpace = false
        for byte in message.prefix(while: { $0 != 0 }) {
            if isGitSpace(byte) {
                pendingSpace = !result.isEmpty
            } else {
                if pendingSpace { result.append(UInt8(ascii: " ")) }
                pendingSpace = false
                result.append(byte)
            }
        }
        return result
    }
}
