/// A number of bytes for people, as git writes it. Answers to git's `strbuf_humanise_bytes`.
public struct HumanSize: CustomStringConvertible, Sendable {
    private let bytes: UInt64

    public init(_ bytes: UInt64) { self.bytes = bytes }

    public var description: String {
        if bytes > 1 << 30 { return text(bytes >> 30, (bytes & (1 << 30 - 1)) / 10_737_419, "GiB") }
        // A little more, so that what is cut off is rounded.
        if bytes > 1 << 20 { return text((bytes + 5243) >> 20, hundredths(of: bytes + 5243, 20), "MiB") }
        if bytes > 1 << 10 { return text((bytes + 5) >> 10, hundredths(of: bytes + 5, 10), "KiB") }
        return bytes == 1 ? "1 byte" : "\(bytes) bytes"
    }

    private func hundredths(of value: UInt64, _ shift: UInt64) -> UInt64 {
        ((value & (1 << shift - 1)) * 100) >> shift
    }

    private func text(_ whole: UInt64, _ hundredths: UInt64, _ unit: String) -> String {
        "\(whole).\(hundredths < 10 ? "0" : "")\(hundredths) \(unit)"
    }
}
