/// Numbers of bytes for people. Git's function: `strbuf_humanise_bytes`.
enum ByteCount {
    static func text(_ bytes: Int64) -> String {
        let units: [(shift: Int64, rounding: Int64, name: String)] = [(20, 5243, "MiB"), (10, 5, "KiB")]
        if bytes > 1 << 30 {
            return number(bytes >> 30, (bytes & (1 << 30 - 1)) / 10_737_419) + " GiB"
        }
        for unit in units where bytes > 1 << unit.shift {
            let rounded = bytes + unit.rounding
            return number(rounded >> unit.shift, ((rounded & (1 << unit.shift - 1)) * 100) >> unit.shift)
                + " \(unit.name)"
        }
        return "\(bytes) \(bytes == 1 ? "byte" : "bytes")"
    }

    private static func number(_ whole: Int64, _ hundredths: Int64) -> String {
        "\(whole).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }
}
