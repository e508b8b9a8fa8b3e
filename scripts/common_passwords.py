"""Write the passwords that everybody tries first, ten characters or longer: shorter ones are refused anyway.

    .venv-dev/bin/python scripts/common_passwords.py > lms/accounts/common_passwords.txt

Made, not collected: walks over the keyboard (Latin, Russian, Kyrgyz), rows of digits, and the words people choose
here, alone, doubled, and with the years and digits they add, also typed with the keyboard left in Latin. So the
list is ours and bound by no licence.
"""

from collections.abc import Iterator

LEAST = 10
LATIN_ROWS = ("`1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
RUSSIAN_ROWS = ("ё1234567890-=", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю.")
# Kyrgyz layout: ң, ө and ү stand on the third level of н, о and у.
KYRGYZ_ROWS = ("йцүкеңгшщзхъ", "фывапрөлджэ")
LAYOUT = dict(zip("".join(RUSSIAN_ROWS), "".join(LATIN_ROWS), strict=True)) | {"ң": "y", "ө": "j", "ү": "e"}

# English and transliterated; Russian; Kyrgyz.
WORD_TEXT = """
password passw0rd p@ssword p@ssw0rd qwerty qwertyuiop admin administrator welcome letmein iloveyou monkey
dragon master superman football princess sunshine shadow secret security changeme default computer
internet google samsung iphone android facebook whatsapp telegram instagram police policeman militia
militsiya militsia officer student teacher academy akademiya service system server login parol user
kyrgyz kyrgyzstan kirgizia kirgizstan bishkek frunze osh jalalabad naryn talas batken issykkul karakol
manas semetey seitek alatoo ala-too ysykkol tokmok uzgen karabalta kant asia azia tulpar jigit ayan
aigul aizada aisuluu nurlan azamat bakyt chynara daniyar elmira gulnara jyldyz kanat meerim nurbek
salima timur ulan zhanara altynai bermet cholpon eldar erlan ermek gulzat ilyas iskender kubanych
maksat marat mirlan nazgul rustam saltanat syimyk talant temir tilek tynchtyk urmat venera zarina
пароль привет админ администратор милиция милиционер полиция полицейский офицер служба служебный
секрет безопасность компьютер интернет система доступ учеба учебный академия начальник отдел
любовь люблю солнце зайка котенок наташа настя максим александр алексей андрей дмитрий сергей
елена светлана татьяна екатерина владимир николай михаил россия москва спартак зенит динамо
кыргызстан киргизия бишкек фрунзе ош нарын талас баткен каракол джалалабад иссыккуль токмок
сырсөз купуя салам кыргыз ата-журт мекен мекеним алатоо ала-тоо ысыккөл манас семетей сейтек
айгүл айзада айсулуу нурлан азамат бакыт чынара данияр гүлнара жылдыз канат мээрим нурбек салима
тимур улан алтынай бермет чолпон эркин эрмек гүлзат илияс кубаныч максат марат мирлан назгүл
кызмат кызматкер милициянын кызматкери тартип мыйзам академия окуу мугалим башкарма бөлүм
"""
WORDS = tuple(WORD_TEXT.split())
YEARS = tuple(str(year) for year in (*range(1970, 2008), *range(2018, 2031)))
ENDINGS = (
    *(
        "",
        "1",
        "12",
        "123",
        "1234",
        "12345",
        "123456",
        "1234567",
        "12345678",
        "123456789",
        "1234567890",
        "321",
    ),
    *("007", "777", "111", "000", "312", "996", "!", "1!", "123!", "@123", "2025", "2026", "2026!", "qwerty"),
)
# Words that carry any year; with names a year is a birthday, and the list would double for little.
YEAR_WORDS = frozenset(WORDS[:16]) | {
    "militsiya",
    "bishkek",
    "kyrgyzstan",
    "пароль",
    "милиция",
    "полиция",
    "сырсөз",
    "кыргызстан",
    "бишкек",
    "кыргыз",
}


def walks() -> Iterator[str]:
    """Give walks along the rows, forth, back, doubled, and rows joined."""
    for rows in (LATIN_ROWS, RUSSIAN_ROWS, KYRGYZ_ROWS):
        for row in rows:
            for start in range(len(row)):
                for length in range(4, len(row) - start + 1):
                    piece = row[start : start + length]
                    yield from (piece, piece[::-1], piece * 2, piece + piece[::-1], piece * 3)
        for first, second in ((0, 1), (1, 0), (1, 1)):
            if max(first, second) < len(rows):
                yield rows[first][:10] + rows[second][:10]
    # Columns: 1qaz2wsx3edc and its like.
    for digits, *letters in (LATIN_ROWS, RUSSIAN_ROWS):
        columns = [digits[n + 1] + "".join(row[n] for row in letters) for n in range(9)]
        for start in range(9):
            for count in range(2, 5):
                walk = "".join(columns[start : start + count])
                yield from (walk, walk[::-1])
    for pair in (
        "1q2w3e4r5t6y7u8i9o0p",
        "q1w2e3r4t5y6u7i8o9p0",
        "1й2ц3у4к5е6н7г8ш9щ0з",
        "й1ц2у3к4е5н6г7ш8щ9з0",
    ):
        for length in range(LEAST, len(pair) + 1):
            yield pair[:length]


def digits() -> Iterator[str]:
    """Give rows of digits."""
    row = "01234567890123456789"
    for start in range(10):
        for length in range(LEAST, 13):
            piece = row[start : start + length]
            yield from (piece, piece[::-1])
    for digit in "0123456789":
        for length in range(LEAST, 13):
            yield digit * length
    for pair in range(100):
        yield from (f"{pair:02}" * 5, f"{pair:02}" * 6)
    for start in range(10):
        yield "".join(str((start + n) % 10) * 2 for n in range(5))
    yield from (
        "1122334455",
        "9988776655",
        "1231231234",
        "1234512345",
        "1234554321",
        "0987654321",
        "1029384756",
    )


def words() -> Iterator[str]:
    """Give words with their endings, doubled, and as the wrong layout writes them."""
    for word in WORDS:
        endings = ENDINGS + (YEARS if word in YEAR_WORDS else ())
        forms = {word}
        if any(character in LAYOUT for character in word) and not word.isascii():
            forms.add("".join(LAYOUT.get(character, character) for character in word))
        for form in forms:
            yield from (form * 2, form * 3)
            for ending in endings:
                yield form + ending
    for first in WORDS[:12]:
        for second in WORDS[:12]:
            yield first + second


def main() -> None:
    """Print the list, each once, sorted."""
    found = {entry.casefold() for source in (walks(), digits(), words()) for entry in source}
    print("\n".join(sorted(entry for entry in found if len(entry) >= LEAST)))


if __name__ == "__main__":
    main()
