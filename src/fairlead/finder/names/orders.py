"""Where the family name stands first: what tells.

Facts about names, common knowledge of each language: the most frequent family names of China, Korea and Viet Nam (each
list covers most of the population), and given names of Hungary, where no list of family names would be short.
"""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# fmt: off
CHINESE_FAMILY: Final = _words("""
    wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang deng
    han feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren shen yao cui zhong tan
    fan liao shi jin jia xia fu fang zou xiong bai meng qin qiu hou yan xue lei long duan hao kong shao mao chang wan
    gu lai wen niu ouyang sima zhuge
""")
KOREAN_FAMILY: Final = _words("""
    kim lee yi park pak choi choe jung jeong chung kang cho jo yoon yun jang chang lim im han oh seo suh shin kwon
    hwang ahn an song ryu yoo yu hong jeon ko go moon son yang bae baek heo nam shim noh ha kwak sung cha joo woo koo
    min na jin
""")
VIETNAMESE_FAMILY: Final = _words("""
    nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly dinh truong doan trinh
""")
HUNGARIAN_GIVEN: Final = _words("""
    lászló istván józsef jános zoltán sándor gábor ferenc attila péter tamás zsolt tibor andrás imre csaba györgy lajos
    gyula balázs béla róbert dávid krisztián károly miklós géza dániel máté bence ádám márton gergő gergely ákos
    szabolcs levente norbert árpád dezső ernő jenő kálmán mihály pál viktor barnabás botond
    mária erzsébet katalin ilona éva anna zsuzsanna margit judit ágnes andrea julianna ildikó erika krisztina irén
    magdolna mónika edit gabriella szilvia anita anikó tímea zsófia eszter réka nóra dóra orsolya boglárka borbála
    emese enikő tünde piroska etelka ibolya csilla beáta hajnalka kinga virág lilla petra dorottya
""")
# Family names of the first rank in Hungary: beside one of these a given name that others have too tells enough.
HUNGARIAN_FAMILY: Final = _words("""
    nagy kovács tóth szabó horváth varga kiss molnár németh farkas balogh papp lakatos takács juhász oláh mészáros simon
    rácz fekete szilágyi török fehér balázs gál kis szűcs orsós kocsis fodor pintér szalai sipos magyar lukács gulyás
    bíró király katona jakab bogdán balog
""")
# fmt: on
